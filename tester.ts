/**
 * maglevt, which watches the VIPs from outside.
 *
 * @module
 */

import { runMaglevt } from "./lib/tester/mod.ts";

if (import.meta.main) Deno.exit(await runMaglevt(Deno.args));
