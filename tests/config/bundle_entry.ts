/**
 * A program with the configuration in it, to be bundled by load_test.ts: loads a file in the
 * background and prints what came of it.
 *
 * @module
 */

import { formatOutcome, loadConfigInBackground } from "../../lib/config/mod.ts";

if (import.meta.main) {
  console.log("main started");
  for (const path of Deno.args) console.log(formatOutcome(await loadConfigInBackground(path)));
}
