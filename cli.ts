import { runMaglevc } from "./lib/cli/run.ts";

Deno.exit(await runMaglevc(Deno.args));
