import assert from "node:assert/strict";
import { frame, FrameReader, headerBytes } from "../../lib/sim/messages.ts";

/** Copies: what a reader yields holds until the next piece. */
function read(reader: FrameReader, piece: Uint8Array): number[][] {
  return Array.from(reader.push(piece), (message) => [...message]);
}

Deno.test("a frame says how long its message is, behind eight octets of anything", () => {
  const bytes = frame(Uint8Array.of(1, 2, 3));
  assert.equal(bytes.length, headerBytes + 3);
  assert.deepEqual([...bytes.subarray(8)], [0, 0, 0, 3, 0, 0, 0, 0, 1, 2, 3]);
  assert.ok(bytes.subarray(0, 8).some((octet) => octet !== 0));
  assert.equal(new DataView(frame(Uint8Array.of(1), 9).buffer).getUint32(8), 9);
});

Deno.test("messages come out whole, however the stream is cut", () => {
  const messages = [[1, 2, 3], [], [4]];
  const stream = Uint8Array.from(messages.flatMap((each) => [...frame(Uint8Array.from(each))]));
  assert.deepEqual(read(new FrameReader(), stream), messages);
  for (let cut = 1; cut < stream.length; cut++) {
    const reader = new FrameReader();
    const found = [...read(reader, stream.subarray(0, cut)), ...read(reader, stream.subarray(cut))];
    assert.deepEqual(found, messages, `cut at ${cut}`);
  }
  const slow = new FrameReader();
  assert.deepEqual([...stream].flatMap((octet) => read(slow, Uint8Array.of(octet))), messages);
});

Deno.test("a message longer than what there was room for comes out whole", () => {
  const long = new Uint8Array(200_000).map((_, i) => i);
  const reader = new FrameReader();
  const stream = frame(long);
  assert.deepEqual(read(reader, stream.subarray(0, 70_000)), []);
  assert.deepEqual(read(reader, stream.subarray(70_000)), [[...long]]);
});

Deno.test("16 MiB are waited for, one octet more is not", () => {
  const announced = (length: number) => () =>
    read(new FrameReader(), frame(Uint8Array.of(), length));
  assert.deepEqual(announced(16 * 1024 * 1024)(), []);
  assert.throws(announced(16 * 1024 * 1024 + 1), /^RangeError: a message of 16777217 bytes$/);
});
