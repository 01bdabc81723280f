import { deepEqual, equal } from "node:assert/strict";
import { libSources, readPage, root } from "./support/pages.ts";

/** Doors without an example: what only starts a server of pages has none that says anything. */
const without = ["lib/web/mod.ts"];

const doors = (await libSources()).filter((path) => /^lib\/[^/]+\/mod\.ts$/.test(path)).sort();

/** What each door exports. Loaded before the tests, as the library that `lib/net` opens stays open. */
const exported = new Map<string, readonly string[]>();
for (const path of doors) exported.set(path, Object.keys(await import(`file://${root}${path}`)));

Deno.test("each door has an example", async () => {
  const bare: string[] = [];
  for (const path of doors) if (!(await readPage(path)).includes("@example")) bare.push(path);
  deepEqual(bare, without);
});

/** The examples of a text, each as a module that exports it as a function; `names` are there for it. */
function examplesOf(text: string, door: string, names: readonly string[]): string[] {
  return [...text.matchAll(/@example .*\n \* ```ts\n([^]*?)\n \* ```/g)].map(([, block = ""]) => {
    const lines = block.split("\n").map((line) => line.replace(/^ \* ?/, ""));
    const imports = lines.filter((line) => line.startsWith("import "))
      .map((line) => line.replace(/"(\.\.?\/.*)"/, (_, path) => `"${new URL(path, door)}"`));
    const body = lines.filter((line) => !line.startsWith("import ")).join("\n");
    const known = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(imports.join()));
    return [
      ...imports,
      `import { ${known.join(", ")} } from "${door}";`,
      `export default async () => {\n${body}\n};\n`,
    ].join("\n");
  });
}

// As `deno test --doc` does, which takes ten times as long: to it each is a program of its own.
Deno.test("the examples do what they say", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-docs-" });
  try {
    for (const path of doors.filter((path) => !without.includes(path))) {
      const door = `file://${root}${path}`;
      const text = await readPage(path);
      const examples = examplesOf(text, door, exported.get(path) ?? []);
      equal(examples.length, text.split("@example").length - 1, path);
      for (const [index, example] of examples.entries()) {
        const module = `${folder}/${path.replaceAll("/", "-").replace(".ts", index + ".ts")}`;
        await Deno.writeTextFile(module, example);
        await t.step(path, (await import(`file://${module}`)).default);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
