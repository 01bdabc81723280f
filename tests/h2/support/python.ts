/** Debian's Python with python3-h2 (and with it python3-hpack): peers that are not ours. */

import { havePythonModules, needing } from "../../support/programs.ts";

const python = "/usr/bin/python3";

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

/** Options of a test that needs Debian's python3-h2. */
export function needsPython(name: string): { name: string; ignore: boolean } {
  return needing(havePythonModules("h2", "hpack"), "python3-h2", name);
}
