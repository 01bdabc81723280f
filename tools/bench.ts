/**
 * `deno task bench NAME [arguments]` runs bench/NAME.ts; without a name it lists what there is.
 *
 * @module
 */

const folder = new URL("../bench/", import.meta.url);

async function names(): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && name.endsWith(".ts")) found.push(name.slice(0, -".ts".length));
  }
  return found.sort();
}

/** The first sentence of the file's opening comment. */
async function summary(name: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(`${name}.ts`, folder));
  const comment = text.match(/^\/\*\*([\s\S]*?)\*\//)?.[1] ?? "";
  return comment.replaceAll(/\s*\n \* ?/g, " ").trim().split(/(?<=[.:])\s/)[0] ?? "";
}

const [wanted, ...rest] = Deno.args;
const known = await names();
if (wanted === undefined) {
  for (const name of known) console.log(`${name.padEnd(12)} ${await summary(name)}`);
} else if (!known.includes(wanted)) {
  console.error(`there is no benchmark ${wanted}; there are: ${known.join(", ")}`);
  Deno.exitCode = 2;
} else {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(`${wanted}.ts`, folder).pathname, ...rest],
  }).spawn().status;
  Deno.exitCode = code;
}
