import assert from "node:assert/strict";
import { DecodeError, WireReader, WireWriter } from "../../lib/binapi/mod.ts";

Deno.test("reading ends where the bytes do, and says where that is", () => {
  const reader = new WireReader(Uint8Array.of(1, 2, 3, 4, 5, 6));
  assert.equal(reader.u32(), 0x01020304);
  assert.equal(reader.left, 2);
  assert.throws(
    () => reader.u32(),
    new DecodeError("4 bytes are wanted at offset 4, only 2 are there"),
  );
  reader.skip(1);
  assert.deepEqual([...reader.raw(1)], [6]);
  assert.equal(reader.left, 0);
  assert.equal(reader.raw(0).length, 0);
  assert.throws(
    () => reader.u8(),
    new DecodeError("1 bytes are wanted at offset 6, only 0 are there"),
  );
});

Deno.test("writing has no end, and can be taken back", () => {
  const writer = new WireWriter(4);
  for (let i = 0; i < 100; i++) writer.u16(i);
  writer.zeros(300);
  assert.equal(writer.length, 500);
  writer.patchU32(196, 0xffff_ffff);
  assert.deepEqual([...writer.written().subarray(192, 204)], [
    ...[0, 96, 0, 97, 255, 255, 255, 255],
    ...[0, 0, 0, 0],
  ]);
  writer.truncate(2);
  writer.raw(Uint8Array.of(7, 8));
  writer.zeros(2);
  assert.deepEqual([...writer.written()], [0, 0, 7, 8, 0, 0], "over what was written there");
});

Deno.test("what is written at once may be longer than twice what there was room for", () => {
  const writer = new WireWriter(4);
  writer.raw(new Uint8Array(100).fill(5));
  assert.deepEqual([...writer.written()], Array(100).fill(5));
});
