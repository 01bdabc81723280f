import assert from "node:assert/strict";
import { Standstill } from "../../lib/net/standstill.ts";

Deno.test("what runs says so every 100 ms, give or take 100, and loses nothing", () => {
  const standstill = new Standstill();
  for (const now of [0, 100, 300, 500, 600]) standstill.beat(now);
  assert.equal(standstill.lostMs(800), 0);
});

Deno.test("who asks after a standstill is told, before there was a beat and once", () => {
  const standstill = new Standstill();
  standstill.beat(0);
  assert.equal(standstill.lostMs(3_100), 3_000);
  assert.equal(standstill.lostMs(3_101), 3_000);
  standstill.beat(3_102);
  assert.equal(standstill.lostMs(3_302), 3_000);
  assert.equal(standstill.lostMs(3_303), 3_101);
});

Deno.test("a beat that comes late tells of it, for those who ask later", () => {
  const standstill = new Standstill();
  standstill.beat(0);
  standstill.beat(3_100);
  assert.equal(standstill.lostMs(3_150), 3_000);
});

Deno.test("who never beats never stands still", () => {
  assert.equal(new Standstill().lostMs(1e9), 0);
});
