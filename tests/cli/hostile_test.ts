import assert from "node:assert/strict";
import { completeWords } from "../../lib/cli/shell/completion.ts";
import { CheckerBed } from "../api/support/checker_bed.ts";
import { serve } from "../api/support/harness.ts";
import { oddConfig } from "../web/support/odd_configs.ts";
import { linesAt } from "./support/one_shot.ts";

/** Would rename the window, turn the line round, and hide what follows. */
const steering = "\x1b]0;owned\x07\u009b8m\u202eweb9\r";
const spelled = "\\u001b]0;owned\\u0007\\u009b8m\\u202eweb9\\u000d";

Deno.test("names that would steer a terminal are spelled out, as text and as JSON", async () => {
  await using maglevd = await serve({}, new CheckerBed(oddConfig([steering, "web3"])));
  const { said } = await linesAt(maglevd.address, "show backends");
  assert.deepEqual(said.filter((line) => line.startsWith(spelled)).length, 1);
  const json = (await linesAt(maglevd.address, "show backends --json")).said.join("\n");
  assert.ok(JSON.parse(json).some(({ name }: { name: string }) => name === steering));
  for (const text of [...said, ...json.split("\n")]) assert.doesNotMatch(text, /[\p{Cc}\p{Cf}]/u);
});

Deno.test("names that cannot be typed are no candidates", async () => {
  await using maglevd = await serve({}, new CheckerBed(oddConfig([steering, "web\n3"])));
  const words = await completeWords(["--server", maglevd.address, "show", "backends", ""]);
  assert.deepEqual(words.filter((word) => !word.includes("\t")), ["web0", "web1"]);
});

Deno.test("what a server says of a failure steers no terminal, nor does it end an error's colour", async () => {
  const message = `${steering}\x1b[8m`;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => Response.json({ code: "failed_precondition", message }, { status: 400 }),
  );
  const address = `127.0.0.1:${server.addr.port}`;
  const { code, said } = await linesAt(address, "set backend x enable --color");
  assert.deepEqual([code, said], [1, [`\x1b[31merror: ${spelled}\\u001b[8m\x1b[0m`]]);
});
