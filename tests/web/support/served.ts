/** maglevd-frontend with a page that says little, for tests that start it as a program. */

import { runFrontend } from "../../../lib/web/mod.ts";
import { blank } from "./bed.ts";

Object.assign(globalThis, { maglevPage: blank });
Deno.exit(await runFrontend(Deno.args));
