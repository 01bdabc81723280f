import assert from "node:assert/strict";
import {
  OutputBuffer,
  writeData,
  writeGoaway,
  writeHeaders,
  writePing,
  writeRstStream,
  writeSettings,
  writeSettingsAck,
  writeWindowUpdate,
} from "../../../lib/h2/frames/mod.ts";
import * as wire from "../support/wire.ts";

function written(write: (out: OutputBuffer) => void): Uint8Array {
  const out = new OutputBuffer();
  write(out);
  return out.take();
}

Deno.test("every frame is written as the RFC lays it out", () => {
  const cases: [Uint8Array, Uint8Array][] = [
    [written((out) => writeData(out, 3, wire.text("abc"), true)), wire.data(3, "abc", 1)],
    [written((out) => writeRstStream(out, 5, 8)), wire.rstStream(5, 8)],
    [
      written((out) => writeSettings(out, [{ id: 4, value: 0x7fffffff }])),
      wire.settings([
        4,
        0x7fffffff,
      ]),
    ],
    [written(writeSettingsAck), wire.settingsAck],
    [written((out) => writePing(out, wire.text("12345678"), true)), wire.ping(undefined, 1)],
    [
      written((out) => writeGoaway(out, 7, 11, "why")),
      wire.frame(7, 0, 0, wire.uint(7, 4), wire.uint(11, 4), wire.text("why")),
    ],
    [written((out) => writeWindowUpdate(out, 0, 0x7fffffff)), wire.windowUpdate(0, 0x7fffffff)],
  ];
  for (const [seen, expected] of cases) assert.deepEqual(seen, expected);
});

Deno.test("a field block longer than a frame goes on in CONTINUATION", () => {
  const block = wire.text("abcdefghij");
  assert.deepEqual(
    written((out) => writeHeaders(out, 1, block, true, 4)),
    wire.join(
      wire.frame(wire.types.HEADERS, wire.END_STREAM, 1, wire.text("abcd")),
      wire.continuation(1, wire.text("efgh")),
      wire.continuation(1, wire.text("ij"), wire.END_HEADERS),
    ),
  );
  assert.deepEqual(
    written((out) => writeHeaders(out, 1, block, false, 10)),
    wire.frame(wire.types.HEADERS, wire.END_HEADERS, 1, block),
  );
});

Deno.test("lengths, identifiers and values of all octets are written in order", () => {
  assert.deepEqual(
    written((out) => writeData(out, 0x12345678, new Uint8Array(0x010203), false)).subarray(0, 9),
    wire.octets(1, 2, 3, 0, 0, 0x12, 0x34, 0x56, 0x78),
  );
  assert.deepEqual(
    written((out) => writeSettings(out, [{ id: 0x1234, value: 0x56789abc }, { id: 2, value: 1 }])),
    wire.settings([0x1234, 0x56789abc], [2, 1]),
  );
  assert.deepEqual(
    written((out) => writePing(out, wire.text("12345678"), false)),
    wire.ping(),
  );
});

Deno.test("an empty field block is a HEADERS frame of its own, a full one needs no other", () => {
  assert.deepEqual(
    written((out) => writeHeaders(out, 1, wire.octets(), false, 4)),
    wire.frame(wire.types.HEADERS, wire.END_HEADERS, 1),
  );
  assert.deepEqual(
    written((out) => writeHeaders(out, 1, wire.text("abcdefgh"), false, 4)),
    wire.join(
      wire.frame(wire.types.HEADERS, 0, 1, wire.text("abcd")),
      wire.continuation(1, wire.text("efgh"), wire.END_HEADERS),
    ),
  );
});

Deno.test("output grows with what is appended and keeps it, whatever the sizes", () => {
  const out = new OutputBuffer();
  const pieces = [1, 1023, 1024, 1, 10_000, 2047, 100_000].map((length, n) =>
    new Uint8Array(length).fill(n + 1)
  );
  for (const piece of pieces) out.append(piece);
  assert.equal(out.length, 114_096);
  assert.deepEqual(out.take(), wire.join(...pieces));
  assert.equal(out.length, 0);
  assert.equal(out.take().length, 0);
});

Deno.test("a buffer of up to 4 KiB is used again, a larger one is let go", () => {
  const reuse = (octets: number) => {
    const out = new OutputBuffer();
    out.append(new Uint8Array(octets));
    const first = out.take();
    out.recycle(first);
    out.append(wire.text("x"));
    return out.take().buffer === first.buffer;
  };
  assert.deepEqual([1, 4096, 4097].map(reuse), [true, true, false]);
});

Deno.test("a buffer that comes back while the next one fills is the one after", () => {
  const out = new OutputBuffer();
  out.append(wire.text("first"));
  const first = out.take();
  out.append(wire.text("second"));
  out.recycle(first);
  const second = out.take();
  assert.deepEqual(second, wire.text("second"));
  assert.notEqual(second.buffer, first.buffer);
  out.append(wire.text("third"));
  const third = out.take();
  assert.equal(third.buffer, first.buffer);
  assert.deepEqual(third, wire.text("third"));
  out.append(wire.text("fourth"));
  assert.notEqual(out.take().buffer, first.buffer);
});

Deno.test("output gathers until it is taken, and small buffers are used again", () => {
  const out = new OutputBuffer();
  out.append(wire.text("one"));
  out.append(wire.text("two"));
  assert.equal(out.length, 6);
  const first = out.take();
  assert.deepEqual(first, wire.text("onetwo"));
  out.append(wire.text("three"));
  assert.deepEqual(first, wire.text("onetwo"));
  assert.deepEqual(out.take(), wire.text("three"));
  out.recycle(first);
  out.append(wire.text("x"));
  assert.equal(out.take().buffer, first.buffer);
});
