import assert from "node:assert/strict";
import { serve } from "../api/support/harness.ts";
import { jsonCall, RawClient } from "./support/raw.ts";

/** A small generator, so that a seed names a run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
}

function openFiles(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

const call = jsonCall("ListBackends");
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/** Beginnings of conversations, most of them bad. */
const words: readonly string[] = [
  "",
  "G",
  "PRI * HTTP/2.",
  preface,
  `${preface}\0\0\0\x04\0\0\0\0\0`,
  `${preface}garbage that is no frame at all`,
  "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
  "GET / HTTP/1.1\r\n",
  "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
  "POST / HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf",
  "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
  "POST / HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  call,
  call + call + call,
  call.slice(0, 60),
];

async function visit(address: string, below: (n: number) => number): Promise<void> {
  using client = await RawClient.connect(address);
  await client.send(words[below(words.length)] ?? "").catch(() => {});
  switch (below(4)) {
    case 0:
      return;
    case 1:
      await client.closeWrite().catch(() => {});
      return;
    case 2:
      await client.closeWrite().catch(() => {});
      await client.text().catch(() => {});
      return;
    case 3:
      await client.send("\0".repeat(below(100))).catch(() => {});
  }
}

Deno.test("rude visitors cost nothing that stays, and others are served meanwhile", async () => {
  const seed = 20261121;
  const below = random(seed);
  const before = openFiles();
  const harness = await serve();
  for (let round = 0; round < 40; round++) {
    await Promise.all(Array.from({ length: 10 }, () => visit(harness.address, below)));
    using polite = await RawClient.connect(harness.address);
    await polite.send(call);
    assert.match(await polite.text("web3"), /200 OK/, `seed ${seed}, round ${round}`);
  }
  await harness.server.shutdown();
  assert.equal(openFiles(), before, `seed ${seed}`);
  const told = harness.log.records.filter(({ level }) => level !== "debug");
  assert.ok(told.every(({ level }) => level !== "error"), harness.log.lines.join("\n"));
  assert.ok(told.length < 50, `${told.length} records`);
});
