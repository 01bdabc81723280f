import assert from "node:assert/strict";
import { type Frame, FrameReader } from "../../../lib/h2/frames/mod.ts";
import { data, frame, join, octets, ping, text, types, uint } from "../support/wire.ts";

function readAll(reader: FrameReader, input: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  reader.feed(input);
  for (let next = reader.next(); next; next = reader.next()) {
    frames.push({ ...next, payload: next.payload.slice() });
  }
  return frames;
}

const stream = join(
  data(1, "hello", 1),
  ping(),
  frame(types.SETTINGS, 1, 0),
  data(3, new Uint8Array(16_384).fill(7)),
);

Deno.test("frames come out the same however the input is cut", () => {
  const whole = readAll(new FrameReader(16_384), stream);
  assert.equal(whole.length, 4);
  assert.deepEqual(whole[0], { type: 0, flags: 1, streamId: 1, payload: text("hello") });
  for (const size of [1, 2, 3, 8, 9, 10, 100, 16_383]) {
    const reader = new FrameReader(16_384);
    const frames: Frame[] = [];
    for (let at = 0; at < stream.length; at += size) {
      frames.push(...readAll(reader, stream.subarray(at, at + size)));
    }
    assert.deepEqual(frames, whole);
    assert.equal(reader.held, 0);
  }
});

Deno.test("a frame that lies whole in the input is a view on it, one cut in two is a copy", () => {
  const reader = new FrameReader(16_384);
  const input = join(data(1, "hello"), data(1, "world"));
  reader.feed(input.subarray(0, 20));
  const whole = reader.next();
  assert.equal(whole?.payload.buffer, input.buffer);
  assert.equal(reader.next(), undefined);
  reader.feed(input.subarray(20));
  const pieced = reader.next();
  assert.deepEqual(pieced?.payload, text("world"));
  assert.notEqual(pieced?.payload.buffer, input.buffer);
});

Deno.test("a frame that is cut in two takes room for twice its octets, and at most for the longest", () => {
  const roomFor = (input: Uint8Array, first: number) => {
    const reader = new FrameReader(16_384);
    reader.feed(input.subarray(0, first));
    assert.equal(reader.next(), undefined);
    reader.feed(input.subarray(first));
    return reader.next()?.payload.buffer.byteLength;
  };
  assert.equal(roomFor(ping(), 5), 64);
  assert.equal(roomFor(data(1, new Uint8Array(100)), 50), 2 * 109);
  assert.equal(roomFor(data(1, new Uint8Array(16_384)), 16_000), 9 + 16_384);
});

Deno.test("a frame as long as allowed is taken in one piece and in two", () => {
  const longest = data(1, new Uint8Array(16_384));
  assert.equal(readAll(new FrameReader(16_384), longest).length, 1);
  const reader = new FrameReader(16_384);
  for (const piece of [longest.subarray(0, 100), longest.subarray(100)]) {
    const frames = readAll(reader, piece);
    assert.equal(frames.length, piece.length === 100 ? 0 : 1);
  }
});

Deno.test("all 24 bits of a length and all 31 of a stream identifier count", () => {
  const header = join(octets(1, 2, 3, 4, 5), uint(0x76543210, 4));
  const [frame] = readAll(new FrameReader(16_777_215), join(header, new Uint8Array(0x010203)));
  const { payload, ...rest } = frame ?? { payload: octets() };
  assert.deepEqual(rest, { type: 4, flags: 5, streamId: 0x76543210 });
  assert.equal(payload.length, 0x010203);
});

Deno.test("the reserved bit of a stream identifier is ignored", () => {
  const input = join(octets(0, 0, 0, 0, 0), uint(0x80000005, 4));
  assert.equal(readAll(new FrameReader(16_384), input)[0]?.streamId, 5);
});

Deno.test("a frame that is too long is refused before its payload arrives", () => {
  const reader = new FrameReader(16_384);
  reader.feed(join(uint(16_385, 3), octets(0, 0), uint(1, 4)));
  assert.throws(() => reader.next(), /frame of 16385 octets is longer than the 16384 allowed/);
  const split = new FrameReader(16_384);
  split.feed(octets(0, 0x40));
  assert.equal(split.next(), undefined);
  split.feed(join(octets(1, 0, 0), uint(1, 4)));
  assert.throws(() => split.next(), /16385 octets/);
});

Deno.test("the reader holds one frame at most, and nothing between frames", () => {
  const reader = new FrameReader(16_384);
  readAll(reader, data(1, new Uint8Array(16_384)).subarray(0, -1));
  assert.equal(reader.held, 9 + 16_383);
  readAll(reader, octets(0));
  assert.equal(reader.held, 0);
});
