/**
 * maglevd-frontend, the web view.
 *
 * @module
 */

import { runFrontend } from "./lib/web/mod.ts";

if (import.meta.main) Deno.exit(await runFrontend(Deno.args));
