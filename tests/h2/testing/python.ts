/** Debian's Python with python3-h2 (and with it python3-hpack): peers that are not ours. */

const python = "/usr/bin/python3";

/** Whether it is here. */
export const havePythonH2: boolean = await (async () => {
  try {
    const probe = new Deno.Command(python, { args: ["-c", "import h2, hpack"], stderr: "null" });
    return (await probe.output()).success;
  } catch {
    return false;
  }
})();

/** Runs a program with JSON on its standard input and returns the JSON it prints. */
export async function runPython(program: string, input: unknown): Promise<unknown> {
  const child = new Deno.Command(python, {
    args: ["-c", program],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(JSON.stringify(input)));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("the Python peer has failed");
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** A test's name and whether it has to be left out, loudly. */
export function needsPython(name: string): { readonly name: string; readonly ignore: boolean } {
  return {
    name: havePythonH2 ? name : `NOT RUN, python3-h2 is missing: ${name}`,
    ignore: !havePythonH2,
  };
}
