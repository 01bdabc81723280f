/**
 * maglevd, the daemon.
 *
 * @module
 */

import { runMaglevd } from "./lib/daemon/mod.ts";
import { holdProgram } from "./lib/workers/mod.ts";

// Not in the worker that parses files, which in a bundle loads this same file.
if (import.meta.main) {
  holdProgram();
  Deno.exit(await runMaglevd(Deno.args));
}
