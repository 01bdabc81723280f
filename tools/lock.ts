/**
 * Brings both lock files up to date: `deno task lock`. With `--check` it writes nothing and exits with 1
 * if `runtime.lock` is not; types are checked with the other one.
 *
 * There are two because a lock file's packages are fetched as a whole: `runtime.lock` is what the
 * programs are made of, and what a task that runs or builds them fetches; `deno.lock` has the tests'
 * packages as well. In deno.json the lock is off, and test packages are in `scopes`, since `deno task`
 * itself fetches whatever it finds there before it runs anything.
 *
 * @module
 */

import { reasonOf } from "../lib/log/mod.ts";
import { programs, root, run } from "./programs.ts";

const isCheck = Deno.args.includes("--check");

/** What runs or builds the programs, and is not a program itself. */
const tools = ["demo", "page", "compile", "deb", "bundle", "man", "schema", "docs"].map((name) =>
  `tools/${name}.ts`
);

async function update(file: string, args: readonly string[]): Promise<void> {
  if (!isCheck) await Deno.remove(root + file).catch(ignoreMissing);
  await run(Deno.execPath(), [...args, `--frozen=${isCheck}`, `--lock=${root}${file}`]);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

try {
  await update("runtime.lock", [
    "cache",
    "--quiet",
    ...programs.map(({ entry }) => entry),
    "lib/web/page/main.tsx",
    ...tools,
  ]);
  if (!isCheck) await update("deno.lock", ["check", "--quiet"]);
} catch (error) {
  console.error(reasonOf(error));
  if (isCheck) console.error("runtime.lock is not up to date: deno task lock");
  Deno.exit(1);
}
