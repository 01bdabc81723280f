import { havePrograms, needing } from "../../support/programs.ts";

/** Runs a program to its end and returns what it prints. */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

/** Options of a test that needs a program. */
export function needs(program: string, name: string): { name: string; ignore: boolean } {
  return needing(havePrograms(program), program, name);
}
