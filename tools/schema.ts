/**
 * Writes what is generated from the definitions of files: `docs/maglev.schema.json`,
 * `docs/auth.schema.json`, and the reference in `docs/config-guide.md`. With `--check` it writes nothing and exits 1 if
 * either is stale.
 *
 * @module
 */

import { authSpec } from "../lib/access/mod.ts";
import { update } from "./generated.ts";
import { root } from "./programs.ts";
import { jsonSchema } from "./schema/json_schema.ts";
import { withReference } from "./schema/reference.ts";

/** The text that each generated file should have, by its path in the tree. */
export async function generated(): Promise<Record<string, string>> {
  const guide = "docs/config-guide.md";
  return {
    "docs/maglev.schema.json": `${JSON.stringify(jsonSchema(), undefined, 2)}\n`,
    "docs/auth.schema.json": `${JSON.stringify(jsonSchema(authSpec), undefined, 2)}\n`,
    [guide]: withReference(await Deno.readTextFile(root + guide)),
  };
}

if (import.meta.main) await update("schema", await generated());
