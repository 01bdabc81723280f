import { root } from "./programs.ts";

/** The text as `deno fmt` would leave it, so that formatter and generator agree. */
export async function formatted(text: string, ext: "md" | "ts"): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--no-config", "--line-width=100", `--ext=${ext}`, "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout } = await child.output();
  if (!success) throw new Error("deno fmt does not take the generated text, see above");
  return new TextDecoder().decode(stdout);
}

/**
 * Writes generated files, by their paths in the tree; if the program was called with `--check` it
 * writes nothing, names those that are stale, and lets the program exit with 1 if there are any.
 */
export async function update(
  task: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    if (await Deno.readTextFile(root + path).catch(() => "") === text) continue;
    if (!Deno.args.includes("--check")) await Deno.writeTextFile(root + path, text);
    else {
      console.error(`${path} is stale: run deno task ${task}`);
      Deno.exitCode = 1;
    }
  }
}
