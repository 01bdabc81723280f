import assert from "node:assert/strict";
import { type Frame, FrameReader } from "../../../lib/h2/frames/mod.ts";
import {
  checkPriority,
  dataPayload,
  goawayPayload,
  headersPayload,
  pingPayload,
  rstStreamPayload,
  settingsPayload,
  windowUpdatePayload,
} from "../../../lib/h2/frames/payload.ts";
import {
  ACK,
  data,
  frame,
  goaway,
  join,
  octets,
  PADDED,
  PRIORITY,
  rstStream,
  settings,
  text,
  types,
  uint,
  windowUpdate,
} from "../support/wire.ts";

function read(bytes: Uint8Array): Frame {
  const reader = new FrameReader(16_384);
  reader.feed(bytes);
  const found = reader.next();
  assert.ok(found);
  return found;
}

Deno.test("padding may fill a whole frame, and the rest is what counts", () => {
  const padded = (length: number, ...rest: number[]) =>
    read(data(1, octets(length, ...rest), PADDED));
  assert.deepEqual(dataPayload(padded(2, 0, 0)), octets());
  assert.deepEqual(dataPayload(padded(1, 7, 0)), octets(7));
  assert.deepEqual(dataPayload(padded(0, 7, 8)), octets(7, 8));
  assert.deepEqual(dataPayload(padded(0)), octets());
  assert.throws(() => dataPayload(padded(3, 0, 0)), {
    name: "ConnectionError",
    message: "padding of 3 octets does not fit in a frame of 3",
  });
  assert.throws(() => dataPayload(read(data(1, "", PADDED))), {
    message: "frame of 0 octets cannot hold the 1 its flags announce",
  });
});

Deno.test("priority fields stand before the field block and after the pad length", () => {
  const block = text("block");
  const priority = uint(0, 5);
  const headers = (flags: number, ...parts: Uint8Array[]) =>
    headersPayload(read(frame(types.HEADERS, flags, 1, ...parts)));
  assert.deepEqual(headers(0, block), block);
  assert.deepEqual(headers(PRIORITY, priority, block), block);
  assert.deepEqual(headers(PRIORITY | PADDED, octets(2), priority, block, octets(0, 0)), block);
  assert.deepEqual(headers(PRIORITY, priority), octets());
  assert.throws(() => headers(PRIORITY | PADDED, octets(0), uint(0, 4)), {
    message: "frame of 5 octets cannot hold the 6 its flags announce",
  });
});

Deno.test("codes, increments and parameters are read in full", () => {
  assert.equal(rstStreamPayload(read(rstStream(1, 0xfedcba98))), 0xfedcba98);
  assert.equal(windowUpdatePayload(read(windowUpdate(1, 0x76543210))), 0x76543210);
  // The top bit is reserved (section 6.9).
  assert.equal(windowUpdatePayload(read(windowUpdate(1, 0x80000005))), 5);
  assert.equal(goawayPayload(read(goaway(7, 0xfedcba98))), 0xfedcba98);
  assert.deepEqual(settingsPayload(read(settings([0xfedc, 0xba987654], [1, 2]))), [
    { id: 0xfedc, value: 0xba987654 },
    { id: 1, value: 2 },
  ]);
});

Deno.test("each frame has its length, and says so where it has another", () => {
  const odd = (type: number, streamId: number, length: number, flags = 0) =>
    read(frame(type, flags, streamId, new Uint8Array(length)));
  const message = (text: string) => ({ message: text });
  assert.throws(
    () => checkPriority(odd(types.PRIORITY, 1, 4)),
    message("PRIORITY of 4 octets instead of 5"),
  );
  checkPriority(odd(types.PRIORITY, 1, 5));
  assert.throws(
    () => rstStreamPayload(odd(types.RST_STREAM, 1, 3)),
    message("RST_STREAM of 3 octets instead of 4"),
  );
  assert.throws(
    () => settingsPayload(odd(types.SETTINGS, 0, 6, ACK)),
    message("SETTINGS acknowledgement of 6 octets instead of 0"),
  );
  assert.throws(
    () => settingsPayload(odd(types.SETTINGS, 0, 7)),
    message("SETTINGS of 7 octets is not a multiple of 6"),
  );
  assert.throws(
    () => pingPayload(odd(types.PING, 0, 9)),
    message("PING of 9 octets instead of 8"),
  );
  assert.throws(
    () => goawayPayload(odd(types.GOAWAY, 0, 7)),
    message("GOAWAY of 7 octets instead of at least 8"),
  );
  assert.throws(
    () => windowUpdatePayload(odd(types.WINDOW_UPDATE, 0, 5)),
    message("WINDOW_UPDATE of 5 octets instead of 4"),
  );
});

Deno.test("frames of streams and frames of the connection are told apart", () => {
  const at = (type: number, streamId: number, length: number) =>
    read(frame(type, 0, streamId, new Uint8Array(length)));
  const onZero: [name: string, () => unknown][] = [
    ["DATA", () => dataPayload(at(types.DATA, 0, 1))],
    ["HEADERS", () => headersPayload(at(types.HEADERS, 0, 1))],
    ["PRIORITY", () => checkPriority(at(types.PRIORITY, 0, 5))],
    ["RST_STREAM", () => rstStreamPayload(at(types.RST_STREAM, 0, 4))],
  ];
  for (const [name, act] of onZero) assert.throws(act, { message: `${name} on stream 0` });
  const onStream: [name: string, () => unknown][] = [
    ["SETTINGS", () => settingsPayload(at(types.SETTINGS, 3, 0))],
    ["PING", () => pingPayload(at(types.PING, 3, 8))],
    ["GOAWAY", () => goawayPayload(at(types.GOAWAY, 3, 8))],
  ];
  for (const [name, act] of onStream) {
    assert.throws(act, { message: `${name} on stream 3 instead of 0` });
  }
  assert.deepEqual(pingPayload(read(frame(types.PING, 0, 0, join(text("12345678"))))).length, 8);
});
