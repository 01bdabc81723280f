/**
 * Makes executables of the programs in dist/.
 *
 * `deno task compile [--target TRIPLE] [--out FOLDER]` makes one file, dist/maglev, that carries the
 * Deno executable once for all programs and unpacks it when first started, and links to it by their
 * names. It needs nothing but this tree.
 *
 * `deno task compile --denort` makes an executable of each program by `deno compile`, which needs
 * Deno's `denort` once: downloaded by Deno, or named by DENORT_BIN. They unpack nothing, and carry it
 * each for itself.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { reasonOf } from "../lib/log/mod.ts";
import deno from "../deno.json" with { type: "json" };
import { portableFile } from "./compile/portable.ts";
import { hostTarget, runtimeFor } from "./compile/runtime.ts";
import { programs, root, run } from "./programs.ts";

const { values } = parseArgs({
  args: Deno.args,
  options: {
    denort: { type: "boolean", default: false },
    target: { type: "string", default: hostTarget },
    out: { type: "string", default: `${root}dist` },
    "deno-version": { type: "string", default: Deno.version.deno },
  },
});

try {
  await Deno.mkdir(values.out, { recursive: true });
  await run(Deno.execPath(), ["run", "-A", "tools/bundle.ts", values.out]);
  if (values.denort) await makeCompiled(values.target, values.out);
  else await makePortable(values.target, values.out);
} catch (error) {
  console.error(reasonOf(error));
  Deno.exit(1);
}

/** One file, and a link to it for each program: they tell by the name what they are to be. */
async function makePortable(target: string, out: string): Promise<void> {
  const runtime = await runtimeFor(target, values["deno-version"]);
  const bundles = programs.map(async (program) => {
    const bytes = await Deno.readFile(`${out}/${program.name}.js`);
    return { program, bytes, compressed: gzipSync(bytes) };
  });
  const file = await portableFile({
    version: deno.version,
    runtime: { bytes: runtime, compressed: gzipSync(runtime, { level: 6 }) },
    programs: await Promise.all(bundles),
  });
  await write(`${out}/maglev`, file);
  for (const { name } of programs) {
    await Deno.remove(`${out}/${name}`).catch(ignoreMissing);
    await Deno.symlink("maglev", `${out}/${name}`);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

async function makeCompiled(target: string, out: string): Promise<void> {
  for (const { name, permissions } of programs) {
    const flags = [
      "--quiet",
      "--no-check",
      "--no-prompt",
      "--no-remote",
      "--no-npm",
      "--target",
      target,
    ];
    const output = ["--output", `${out}/${name}`, `${out}/${name}.js`];
    await run(Deno.execPath(), ["compile", ...flags, ...permissions, ...output]).catch(explain);
    await report(`${out}/${name}`);
  }
}

/** What stands between an offline machine and `deno compile` is always the same thing. */
function explain(error: Error): never {
  if (!/denort|dl\.deno\.land/.test(error.message)) throw error;
  throw new Error(
    "deno compile needs denort, which could not be downloaded: set DENORT_BIN, or leave --denort out",
  );
}

/** Replaces the file as a whole: one that is running must not be written into. */
async function write(path: string, bytes: Uint8Array): Promise<void> {
  await Deno.writeFile(`${path}.new`, bytes, { mode: 0o755 });
  await Deno.chmod(`${path}.new`, 0o755);
  await Deno.rename(`${path}.new`, path);
  await report(path);
}

async function report(path: string): Promise<void> {
  const { size } = await Deno.stat(path);
  console.log(`${path}: ${(size / 1e6).toFixed(1)} MB`);
}
