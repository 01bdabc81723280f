/**
 * Writes what is generated from the definitions of files: `docs/maglev.schema.json`,
 * `docs/auth.schema.json`, and the reference in `docs/config-guide.md`. With `--check` it writes nothing and exits 1 if
 * either is stale.
 *
 * @module
 */

import { authSpec } from "../lib/access/mod.ts";
import { jsonSchema } from "./schema/json_schema.ts";
import { withReference } from "./schema/reference.ts";

/** The generated files, by their place in the tree, with the text each should have. */
export async function generated(): Promise<Map<URL, string>> {
  const schema = new URL("../docs/maglev.schema.json", import.meta.url);
  const auth = new URL("../docs/auth.schema.json", import.meta.url);
  const guide = new URL("../docs/config-guide.md", import.meta.url);
  return new Map([
    [schema, `${JSON.stringify(jsonSchema(), undefined, 2)}\n`],
    [auth, `${JSON.stringify(jsonSchema(authSpec), undefined, 2)}\n`],
    [guide, withReference(await Deno.readTextFile(guide))],
  ]);
}

async function main(checkOnly: boolean): Promise<number> {
  let stale = 0;
  for (const [file, text] of await generated()) {
    if (await Deno.readTextFile(file).catch(() => "") === text) continue;
    stale++;
    if (checkOnly) console.error(`${file.pathname} is stale: run deno run -A tools/schema.ts`);
    else await Deno.writeTextFile(file, text);
  }
  return checkOnly && stale > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args.includes("--check")));
