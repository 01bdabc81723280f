import { equal, ok } from "node:assert/strict";
import { daemonEngine, leaksFail, root } from "../../tools/programs.ts";

Deno.test("from source the daemon has the engine's settings that it is shipped with", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const [shipped] = daemonEngine;
  ok(shipped);
  equal(tasks.maglevd.command.match(/--v8-flags\S*/)?.[0], shipped);
});

Deno.test("a test that leaves something open fails, in the gate, by hand and with mutants", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  ok(tasks.unit.command.endsWith(leaksFail.join(" ")));
  const path = await Deno.makeTempFile({ suffix: "_test.ts" });
  const passes = async (text: string) => {
    await Deno.writeTextFile(path, `Deno.test("it", () => { ${text} });\n`);
    const args = ["test", "-A", "--no-config", "--no-check", "--no-lock", ...leaksFail, path];
    return (await new Deno.Command(Deno.execPath(), { args }).output()).success;
  };
  try {
    equal(await passes(""), true);
    equal(await passes("Deno.listen({ port: 0 });"), false);
  } finally {
    await Deno.remove(path);
  }
});
