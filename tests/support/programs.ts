/** Whether `program` is installed. Debian's Python is asked for by its full path. */
export function havePrograms(...programs: string[]): boolean {
  return programs.every((program) => run("sh", ["-c", `command -v ${program}`]).ok);
}

/** Whether Debian's Python has these modules. */
export function havePythonModules(...modules: string[]): boolean {
  return havePrograms("/usr/bin/python3") &&
    run("/usr/bin/python3", ["-c", `import ${modules.join(", ")}`]).ok;
}

function run(program: string, args: string[]): { ok: boolean } {
  const path = `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin`;
  try {
    const { success } = new Deno.Command(program, {
      args,
      env: { PATH: path },
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return { ok: success };
  } catch {
    return { ok: false };
  }
}

/**
 * Options of a test that needs something this machine may lack. A test that is left out says so in
 * its name; CI has everything.
 */
export function needing(
  available: boolean,
  what: string,
  name: string,
): { name: string; ignore: boolean } {
  return available
    ? { name, ignore: false }
    : { name: `${name} (NOT TESTED HERE: needs ${what})`, ignore: true };
}

/** Runs a program with `input` on its standard input and returns what it printed, both streams. */
export async function judge(
  program: string,
  args: readonly string[],
  input: string,
): Promise<{ code: number; output: string }> {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const written = writer.write(new TextEncoder().encode(input)).then(() => writer.close());
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), written]);
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}
