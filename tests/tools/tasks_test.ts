import { equal, ok } from "node:assert/strict";
import { daemonEngine, root } from "../../tools/programs.ts";

Deno.test("from source the daemon has the engine's settings that it is shipped with", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const [shipped] = daemonEngine;
  ok(shipped);
  equal(tasks.maglevd.command.match(/--v8-flags\S*/)?.[0], shipped);
});
