import { equal, ok } from "node:assert/strict";
import { daemonEngine, root } from "../../tools/programs.ts";

Deno.test("from source the daemon has the engine's settings that it is shipped with", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const [shipped] = daemonEngine;
  ok(shipped);
  equal(tasks.maglevd.command.match(/--v8-flags\S*/)?.[0], shipped);
});

Deno.test("a test that leaves something open fails where leaks are looked for", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${root}deno.json`));
  const flags = tasks.leaks.command.match(/--sanitize\S+/g) ?? [];
  const path = await Deno.makeTempFile({ suffix: "_test.ts" });
  const passes = async (text: string) => {
    await Deno.writeTextFile(path, `Deno.test("it", () => { ${text} });\n`);
    const args = ["test", "-A", "--no-config", "--no-check", "--no-lock", ...flags, path];
    return (await new Deno.Command(Deno.execPath(), { args }).output()).success;
  };
  try {
    equal(await passes(""), true);
    equal(await passes("Deno.listen({ port: 0 });"), false);
  } finally {
    await Deno.remove(path);
  }
});
