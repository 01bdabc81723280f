/**
 * Writes what is generated from the definitions of files: `docs/maglev.schema.json`,
 * `docs/auth.schema.json`, and the reference in `docs/config-guide.md`. With `--check` it writes nothing and exits 1 if
 * either is stale.
 *
 * @module
 */

import { authSchema } from "../lib/access/mod.ts";
import { fileSchema } from "../lib/config/schema.ts";
import { update } from "./generated.ts";
import { root } from "./programs.ts";
import { withReference } from "./schema/reference.ts";

/** The text that each generated file should have, by its path in the tree. */
export async function generated(): Promise<Record<string, string>> {
  const guide = "docs/config-guide.md";
  return {
    "docs/maglev.schema.json": published(fileSchema),
    "docs/auth.schema.json": published(authSchema),
    [guide]: withReference(await Deno.readTextFile(root + guide)),
  };
}

/** The schema for editors, without what is ours: strict validators refuse keywords they don't know. */
function published(schema: unknown): string {
  const standard = (key: string, value: unknown) => key.startsWith("x-") ? undefined : value;
  return `${JSON.stringify(schema, standard, 2)}\n`;
}

if (import.meta.main) await update("schema", await generated());
