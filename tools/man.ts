/**
 * Writes docs/man/maglevc.1 from the command tree; with `--check` only says whether it is stale.
 *
 * @module
 */

import { manPage } from "../lib/cli/mod.ts";

const path = new URL("../docs/man/maglevc.1", import.meta.url);

if (!Deno.args.includes("--check")) await Deno.writeTextFile(path, manPage());
else if (await Deno.readTextFile(path).catch(() => "") !== manPage()) {
  console.error("docs/man/maglevc.1 is stale: run deno task man");
  Deno.exit(1);
}
