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
import * as wire from "../testing/wire.ts";

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
