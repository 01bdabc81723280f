/**
 * A program with the configuration in it, to be bundled by loader_test.ts: loads files by its
 * worker and prints what came of them.
 *
 * @module
 */

import { openFileWorker } from "../../../lib/access/mod.ts";
import { ConfigLoader, formatOutcome } from "../../../lib/config/mod.ts";
import { systemClock } from "../../../lib/time/mod.ts";

if (import.meta.main) {
  console.log("main started");
  using worker = openFileWorker(systemClock);
  const loader = new ConfigLoader(systemClock, worker);
  for (const path of Deno.args) console.log(formatOutcome(await loader.load(path)));
}
