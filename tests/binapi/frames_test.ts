import fc from "fast-check";
import assert from "node:assert/strict";
import { appendFrame, FrameBuffer, frameHeaderLength, WireWriter } from "../../lib/binapi/mod.ts";

const most = 1_000_000;

function buffer(): FrameBuffer {
  return new FrameBuffer({ least: 2, most }, (length) => new Error(`not ${length}`));
}

function framed(messages: readonly Uint8Array[]): Uint8Array {
  const parts = messages.flatMap((message) => {
    const header = new Uint8Array(frameHeaderLength);
    new DataView(header.buffer).setUint32(8, message.length);
    return [...header, ...message];
  });
  return new Uint8Array(parts);
}

/** Feeds `stream` in pieces of these sizes, over and over, and collects what comes out. */
function cut(stream: Uint8Array, sizes: readonly number[]): number[][] {
  const frames = buffer();
  const found: number[][] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const space = frames.space();
    const piece = stream.subarray(at, at + Math.min(space.length, sizes[i % sizes.length] ?? 1));
    space.set(piece);
    frames.filled(piece.length);
    at += piece.length;
    for (let frame = frames.next(); frame; frame = frames.next()) found.push([...frame]);
  }
  assert.equal(frames.incomplete, 0);
  return found;
}

Deno.test("a message is appended behind 16 bytes, of which the third four are its length", () => {
  const writer = new WireWriter(8);
  for (const bytes of [3, 0, 258]) appendFrame(writer, (to) => to.zeros(bytes));
  const header = (high: number, low: number) => [...new Array<number>(10).fill(0), high, low];
  const padding = (bytes: number) => new Array<number>(4 + bytes).fill(0);
  assert.deepEqual([...writer.written()], [
    ...[...header(0, 3), ...padding(3)],
    ...[...header(0, 0), ...padding(0)],
    ...[...header(1, 2), ...padding(258)],
  ]);
  appendFrame(writer, (to) => to.u8(7));
  assert.equal(writer.written().at(-1), 7);
});

Deno.test("messages come out whole, however the stream is cut", () => {
  const message = fc.uint8Array({ minLength: 2, maxLength: 300 });
  const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 20 }), sizes, (messages, sizes) => {
      assert.deepEqual(cut(framed(messages), sizes), messages.map((one) => [...one]));
    }),
    { seed: 26_10 },
  );
});

Deno.test("a message larger than the buffer comes out whole, and the buffer shrinks again", () => {
  const large = new Uint8Array(300_000).fill(7);
  const frames = buffer();
  frames.add(framed([large]));
  assert.equal(frames.next()?.length, large.length);
  assert.equal(frames.space().length, 64 * 1024);
});

Deno.test("room is made by moving what is left, and by growing only when that is over half", () => {
  const full = 64 * 1024;
  for (const [left, room] of [[full / 2, full / 2], [full / 2 + 1, full * 3 / 2 - 1]] as const) {
    const frames = buffer();
    const taken = new Uint8Array(full - left - frameHeaderLength).fill(5);
    const next = new Uint8Array(full).fill(6);
    const stream = framed([taken, next]);
    frames.add(stream.subarray(0, full));
    assert.deepEqual(frames.next(), taken);
    assert.equal(frames.next(), undefined);
    assert.equal(frames.incomplete, left);
    assert.equal(frames.space().length, room);
    frames.add(stream.subarray(full));
    assert.deepEqual(frames.next(), next);
    assert.equal(frames.incomplete, 0);
  }
});

Deno.test("lengths from the least to the most are waited for, others are not believed", () => {
  const announced = (length: number) => {
    const frames = buffer();
    const header = new Uint8Array(frameHeaderLength);
    new DataView(header.buffer).setUint32(8, length);
    frames.add(header);
    return frames;
  };
  for (const length of [2, most]) assert.equal(announced(length).next(), undefined);
  for (const length of [1, most + 1]) {
    assert.throws(() => announced(length).next(), new Error(`not ${length}`));
  }
});
