import assert from "node:assert/strict";
import { SegmentError, SegmentMemory } from "../../../lib/vpp/stats/memory.ts";

/** Two words and three octets more: 2^53 - 1, then 7 and 8. */
function memory(): SegmentMemory {
  const buffer = new ArrayBuffer(19);
  const view = new DataView(buffer);
  view.setBigUint64(0, 2n ** 53n - 1n, true);
  view.setUint32(8, 7, true);
  view.setUint32(12, 8, true);
  return new SegmentMemory(buffer);
}

const outside = (at: number, length: number) =>
  new SegmentError(`the stats segment refers to ${length} bytes at offset ${at}, it has 16`);

Deno.test("words and halves of words are read where they are", () => {
  const words = memory();
  assert.equal(words.size, 16, "what follows the last whole word does not count");
  assert.equal(words.u64(0), Number.MAX_SAFE_INTEGER);
  assert.deepEqual([words.u32(8), words.u32(12)], [7, 8]);
});

Deno.test("what is not whole inside is outside, before the first octet as well", () => {
  const words = memory();
  for (const at of [16, -8, 4]) assert.throws(() => words.u64(at), outside(at, 8));
  for (const at of [16, -4, 6]) assert.throws(() => words.u32(at), outside(at, 4));
});

Deno.test("a stretch may end with the segment, and not an octet later", () => {
  const words = memory();
  words.check(8, 8);
  words.check(16, 0);
  assert.throws(() => words.check(8, 9), outside(8, 9));
});

Deno.test("octets are compared to the last, and to none behind the segment", () => {
  const words = memory();
  assert.equal(words.has(8, Uint8Array.of(7, 0, 0, 0, 8)), true);
  assert.equal(words.has(8, Uint8Array.of(7, 0, 0, 0, 9)), false);
  assert.equal(words.has(15, Uint8Array.of(0, 0)), false);
});
