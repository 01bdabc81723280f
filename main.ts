/**
 * maglevd, the daemon.
 *
 * @module
 */

import { runMaglevd } from "./lib/daemon/mod.ts";

// Not in the worker that parses big configurations, which in a bundle loads this same file.
if (import.meta.main) Deno.exit(await runMaglevd(Deno.args));
