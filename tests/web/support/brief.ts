/** Starts a frontend and ends it: nothing is left then that would keep the process. */

import { startWeb } from "./bed.ts";

const web = await startWeb(["127.0.0.1:1"]);
await (await fetch(`${web.url}/healthz`)).body?.cancel();
await web[Symbol.asyncDispose]();
