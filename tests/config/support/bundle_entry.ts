/**
 * A program with the configuration in it, to be bundled by loader_test.ts: loads files by its
 * worker and prints what came of them.
 *
 * @module
 */

import { ConfigLoader, formatOutcome } from "../../../lib/config/mod.ts";
import { systemClock } from "../../../lib/time/mod.ts";

if (import.meta.main) {
  console.log("main started");
  using loader = new ConfigLoader(systemClock);
  for (const path of Deno.args) console.log(formatOutcome(await loader.load(path)));
}
