/** Whether a program is installed. */
export async function have(program: string, version = "--version"): Promise<boolean> {
  try {
    return (await new Deno.Command(program, { args: [version] }).output()).success;
  } catch {
    return false;
  }
}

/** Runs a program to its end and returns what it prints. */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args }).output();
  const decoder = new TextDecoder();
  return decoder.decode(stdout) + decoder.decode(stderr);
}

/** A test's name and whether it has to be left out, loudly. */
export async function needs(
  program: string,
  name: string,
): Promise<{ readonly name: string; readonly ignore: boolean }> {
  const here = await have(program);
  return { name: here ? name : `NOT RUN, ${program} is missing: ${name}`, ignore: !here };
}
