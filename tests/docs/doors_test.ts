import { deepEqual, equal, ok } from "node:assert/strict";
import { libSources, readPage } from "./support/pages.ts";

/** Doors without an example: what only starts a server of pages has none that says anything. */
const without = ["lib/web/mod.ts"];

const doors = (await libSources()).filter((path) => /^lib\/[^/]+\/mod\.ts$/.test(path)).sort();

Deno.test("each door has an example", async () => {
  const bare: string[] = [];
  for (const path of doors) if (!(await readPage(path)).includes("@example")) bare.push(path);
  deepEqual(bare, without);
});

Deno.test("the examples do what they say", async () => {
  const lockfile = ["--frozen", "--lock=deno.lock"];
  const examples = doors.filter((path) => !without.includes(path));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--doc", "--no-check", "-A", ...lockfile, ...examples],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  const output = decoder.decode(stdout) + decoder.decode(stderr);
  equal(code, 0, output);
  ok(output.includes(`ok | ${examples.length} passed | 0 failed`), output);
});
