/**
 * Regenerates lib/gen/*_pb.ts from proto/ with buf and protoc-gen-es, both from npm. With `--check` it
 * writes nothing and exits 1, naming what is stale.
 *
 * @module
 */

const root = new URL("..", import.meta.url).pathname;
const generated = `${root}lib/gen`;
/** The one file there that has another source: tools/binapi.ts. */
const notOurs = "vpp.ts";

/**
 * The generators have a configuration and a lock of their own: they are large, and whoever only
 * runs the programs should not have to fetch them.
 */
const generator = ["--config", `${root}tools/proto/deno.json`, "--frozen"];

/** The arguments buf is started with. protoc-gen-es runs under this same Deno. */
function bufArguments(out: string): string[] {
  const template = {
    version: "v2",
    inputs: [{ directory: `${root}proto` }],
    plugins: [{
      local: [
        Deno.execPath(),
        "run",
        "-A",
        ...generator,
        "@bufbuild/protoc-gen-es",
      ],
      out,
      opt: ["target=ts", "import_extension=ts"],
    }],
  };
  return [
    "run",
    "-A",
    ...generator,
    "@bufbuild/buf",
    "generate",
    "--template",
    JSON.stringify(template),
  ];
}

async function generate(out: string): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: bufArguments(out),
    cwd: root,
  }).spawn().status;
  if (!success) throw new Error("generating code from proto/ failed, see above");
}

/** Relative path to text of every file below `folder`. */
async function tree(folder: string, prefix = ""): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (prefix + entry.name === notOurs) continue;
    if (entry.isFile) files.set(prefix + entry.name, await Deno.readTextFile(path));
    else {for (const [name, text] of await tree(path, `${prefix}${entry.name}/`)) {
        files.set(name, text);
      }}
  }
  return files;
}

/** Names of files that differ, or that only one side has. */
function differences(a: Map<string, string>, b: Map<string, string>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name));
}

if (Deno.args.includes("--check")) {
  const scratch = await Deno.makeTempDir();
  try {
    await generate(scratch);
    const stale = differences(await tree(scratch), await tree(generated));
    for (const name of stale) console.error(`lib/gen/${name} is stale: run deno task proto`);
    Deno.exitCode = stale.length === 0 ? 0 : 1;
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
} else {
  for (const name of (await tree(generated)).keys()) await Deno.remove(`${generated}/${name}`);
  await generate(generated);
}
