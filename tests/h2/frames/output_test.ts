import assert from "node:assert/strict";
import { OutputBuffer } from "../../../lib/h2/frames/output.ts";

Deno.test("what is appended comes out as one piece, in order, and only once", () => {
  const output = new OutputBuffer();
  output.append(Uint8Array.of(1, 2));
  const { bytes, at } = output.reserve(2);
  bytes.set([3, 4], at);
  output.append(Uint8Array.of(5));
  assert.equal(output.length, 5);
  assert.deepEqual(output.take(), Uint8Array.of(1, 2, 3, 4, 5));
  assert.equal(output.length, 0);
  assert.deepEqual(output.take(), new Uint8Array());
});

Deno.test("there is room for as much as comes, and what was there stays", () => {
  const output = new OutputBuffer();
  output.append(Uint8Array.of(7));
  output.append(new Uint8Array(5_000).fill(8));
  const taken = output.take();
  assert.equal(taken.length, 5_001);
  assert.deepEqual([taken[0], taken[1], taken[5_000]], [7, 8, 8]);
  assert.equal(taken.buffer.byteLength, 8_192);
});

Deno.test("a piece that was written is used again while it is small, and never before", () => {
  const output = new OutputBuffer();
  output.append(Uint8Array.of(1));
  const first = output.take();
  output.append(Uint8Array.of(2));
  assert.deepEqual(first, Uint8Array.of(1), "it is still being written");
  output.recycle(first);
  const second = output.take();
  output.append(Uint8Array.of(3));
  const third = output.take();
  assert.deepEqual([second, third], [Uint8Array.of(2), Uint8Array.of(3)]);
  assert.equal(third.buffer, first.buffer);
  const large = new OutputBuffer();
  large.append(new Uint8Array(4_097));
  const piece = large.take();
  large.recycle(piece);
  large.append(Uint8Array.of(4));
  assert.notEqual(large.take().buffer, piece.buffer);
});
