import assert from "node:assert/strict";
import { parseFlags } from "../../lib/cli/flags.ts";
import { runOnce } from "../../lib/cli/oneshot.ts";
import { type Harness, serve } from "../rpc/harness.ts";

const never = new AbortController().signal;

async function status({ address }: Harness) {
  const said: string[] = [];
  const note = (text: string) => void said.push(...text.split("\n"));
  const flags = parseFlags(["show", "status"], { get: () => undefined });
  const code = await runOnce({ ...flags, server: address }, { out: note, err: note }, never);
  return { code, said };
}

/** A maglevd whose file is the one in force. */
async function site(up: readonly string[]): Promise<Harness> {
  const config = { path: "m.yaml", loadedAt: 2_000, isChanged: false, rejected: "" };
  const harness = await serve({ status: () => Promise.resolve({ startedAt: 1_000, config }) });
  for (const name of up) harness.bed.move(name, "up");
  return harness;
}

Deno.test("all is well where everything is up and as the file says", async () => {
  await using harness = await site(["web0", "web1", "web2", "web3"]);
  const { code, said } = await status(harness);
  assert.equal(code, 0, said.join("\n"));
  assert.equal(said[0], "status     all is well");
  assert.ok(said.includes("backends   4 up"));
  assert.ok(said.includes("vpp        VPP integration is disabled"), "off is no fault");
  assert.ok(!said.some((line) => line === "by hand" || line === "wrong"));
});

Deno.test("what is down, on a fallback or by hand is told, and ends with 5", async () => {
  await using harness = await site(["web2"]);
  const { checker } = harness.bed;
  checker.disable("web3", { name: "anna", from: "192.0.2.7" });
  checker.setWeight("www", "fallback", "web2", 0, false);
  for (const name of ["web0", "web1"]) harness.bed.move(name, "down");
  const { code, said } = await status(harness);
  assert.equal(code, 5);
  assert.equal(said[0], "status     2 things are wrong");
  const wrong = said.slice(said.indexOf("wrong") + 1, said.indexOf("by hand"));
  assert.deepEqual(wrong, [
    "  frontend api is on pool fallback, not on primary",
    "  frontend www is down",
  ]);
  const hand = said.slice(said.indexOf("by hand") + 1);
  assert.match(
    hand[0] ?? "",
    /^ {2}backend web3: disabled by anna from 192.0.2.7 .* ago; the file says enabled$/,
  );
  assert.match(
    hand[1] ?? "",
    /^ {2}weight of web2 in pool fallback of www: 0 by operator .*; the file says 100$/,
  );
});
