import assert from "node:assert/strict";
import { testViolations } from "../support/cases.ts";
import { Peer } from "../support/peer.ts";
import {
  ACK,
  block,
  continuation,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  get,
  goaway,
  headers,
  join,
  octets,
  PADDED,
  ping,
  post,
  PRIORITY,
  rstStream,
  settings,
  settingsAck,
  text,
  types,
  uint,
  windowUpdate,
} from "../support/wire.ts";

/** A request whose body is still to come, on stream 1. */
const open = headers(1, post, END_HEADERS);
const huge = new Uint8Array(16_385);

testViolations([
  // Section 4.2
  {
    name: "a DATA frame above SETTINGS_MAX_FRAME_SIZE is a FRAME_SIZE_ERROR",
    sends: [open, data(1, huge)],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  {
    name: "a HEADERS frame above SETTINGS_MAX_FRAME_SIZE is a FRAME_SIZE_ERROR",
    sends: [frame(types.HEADERS, END_HEADERS, 1, huge)],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  {
    name: "an unknown frame above SETTINGS_MAX_FRAME_SIZE is a FRAME_SIZE_ERROR",
    sends: [frame(0x42, 0, 0, huge)],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  // Section 6.1
  {
    name: "DATA on stream 0 is a PROTOCOL_ERROR",
    sends: [data(0, "x")],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "DATA whose padding is longer than its payload is a PROTOCOL_ERROR",
    sends: [open, data(1, octets(3, 1, 2), PADDED)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "DATA too short for its pad length is a FRAME_SIZE_ERROR",
    sends: [open, data(1, octets(), PADDED)],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  // Section 6.2
  {
    name: "HEADERS on stream 0 is a PROTOCOL_ERROR",
    sends: [headers(0, get)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "HEADERS whose padding is longer than its payload is a PROTOCOL_ERROR",
    sends: [frame(types.HEADERS, END_HEADERS | PADDED, 1, octets(9), block(get).subarray(0, 5))],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "HEADERS too short for its priority fields is a FRAME_SIZE_ERROR",
    sends: [frame(types.HEADERS, END_HEADERS | PRIORITY, 1, octets(0, 0, 0, 0))],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  // Section 6.3
  {
    name: "PRIORITY on stream 0 is a PROTOCOL_ERROR",
    sends: [frame(types.PRIORITY, 0, 0, uint(0, 5))],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "PRIORITY of another length than 5 resets an open stream with FRAME_SIZE_ERROR",
    sends: [open, frame(types.PRIORITY, 0, 1, uint(0, 4))],
    answer: { reset: 1, code: "FRAME_SIZE_ERROR" },
  },
  {
    name: "PRIORITY of another length than 5 on an idle stream ends the connection",
    sends: [frame(types.PRIORITY, 0, 1, uint(0, 6))],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  // Section 6.4
  {
    name: "RST_STREAM on stream 0 is a PROTOCOL_ERROR",
    sends: [rstStream(0)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "RST_STREAM on an idle stream is a PROTOCOL_ERROR",
    sends: [rstStream(1)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "RST_STREAM of another length than 4 is a FRAME_SIZE_ERROR",
    sends: [open, frame(types.RST_STREAM, 0, 1, uint(8, 5))],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  // Section 6.5
  {
    name: "SETTINGS on a stream is a PROTOCOL_ERROR",
    sends: [frame(types.SETTINGS, 0, 1)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "SETTINGS whose length is no multiple of 6 is a FRAME_SIZE_ERROR",
    sends: [frame(types.SETTINGS, 0, 0, uint(0, 5))],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  {
    name: "an acknowledgement of SETTINGS with content is a FRAME_SIZE_ERROR",
    sends: [frame(types.SETTINGS, ACK, 0, uint(0, 6))],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  {
    name: "SETTINGS_ENABLE_PUSH other than 0 and 1 is a PROTOCOL_ERROR",
    sends: [settings([2, 2])],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "SETTINGS_INITIAL_WINDOW_SIZE above 2^31-1 is a FLOW_CONTROL_ERROR",
    sends: [settings([4, 2 ** 31])],
    answer: { goaway: "FLOW_CONTROL_ERROR" },
  },
  {
    name: "SETTINGS_MAX_FRAME_SIZE below 16,384 is a PROTOCOL_ERROR",
    sends: [settings([5, 16_383])],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "SETTINGS_MAX_FRAME_SIZE above 2^24-1 is a PROTOCOL_ERROR",
    sends: [settings([5, 2 ** 24])],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "SETTINGS_NO_RFC7540_PRIORITIES other than 0 and 1 is a PROTOCOL_ERROR",
    sends: [settings([9, 2])],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  // Section 6.6
  {
    name: "PUSH_PROMISE from a client is a PROTOCOL_ERROR",
    sends: [open, frame(types.PUSH_PROMISE, END_HEADERS, 1, uint(2, 4), block(get))],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  // Section 6.7
  {
    name: "PING on a stream is a PROTOCOL_ERROR",
    sends: [frame(types.PING, 0, 1, uint(0, 8))],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "PING of another length than 8 is a FRAME_SIZE_ERROR",
    sends: [frame(types.PING, 0, 0, uint(0, 7))],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  // Section 6.8
  {
    name: "GOAWAY on a stream is a PROTOCOL_ERROR",
    sends: [frame(types.GOAWAY, 0, 1, uint(0, 8))],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "GOAWAY of fewer than 8 octets is a FRAME_SIZE_ERROR",
    sends: [frame(types.GOAWAY, 0, 0, uint(0, 7))],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  // Section 6.9
  {
    name: "WINDOW_UPDATE of another length than 4 is a FRAME_SIZE_ERROR",
    sends: [frame(types.WINDOW_UPDATE, 0, 0, uint(1, 3))],
    answer: { goaway: "FRAME_SIZE_ERROR" },
  },
  {
    name: "WINDOW_UPDATE on an idle stream is a PROTOCOL_ERROR",
    sends: [windowUpdate(1, 1)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "WINDOW_UPDATE of 0 for the connection is a PROTOCOL_ERROR",
    sends: [windowUpdate(0, 0)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "WINDOW_UPDATE of 0 for a stream resets it with PROTOCOL_ERROR",
    sends: [open, windowUpdate(1, 0)],
    answer: { reset: 1, code: "PROTOCOL_ERROR" },
  },
  // Section 6.10
  {
    name: "CONTINUATION on stream 0 is a PROTOCOL_ERROR",
    sends: [continuation(0, block(get), END_HEADERS)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "CONTINUATION without a header block to continue is a PROTOCOL_ERROR",
    sends: [open, continuation(1, block([["x", "y"]]), END_HEADERS)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "CONTINUATION of another stream is a PROTOCOL_ERROR",
    sends: [headers(1, get, 0), continuation(3, octets(), END_HEADERS)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "another frame inside a header block is a PROTOCOL_ERROR",
    sends: [headers(1, get, 0), ping()],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "an unknown frame inside a header block is a PROTOCOL_ERROR",
    sends: [headers(1, get, 0), frame(0x42, 0, 0)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  // Section 4.3
  {
    name: "a field block that cannot be decompressed is a COMPRESSION_ERROR",
    sends: [frame(types.HEADERS, END_HEADERS, 1, octets(0xff, 0xff, 0xff, 0xff, 0xff, 0xff))],
    answer: { goaway: "COMPRESSION_ERROR" },
  },
  {
    name: "a field block that cannot be decompressed ends the connection on a reset stream too",
    sends: [open, windowUpdate(1, 0), frame(types.HEADERS, END_HEADERS, 1, octets(0x80))],
    answer: { goaway: "COMPRESSION_ERROR" },
  },
]);

Deno.test("DATA as large as SETTINGS_MAX_FRAME_SIZE is accepted", () => {
  const peer = new Peer().send(open, data(1, new Uint8Array(16_384), END_STREAM));
  assert.deepEqual(peer.got("data").map((event) => event.data.length), [16_384]);
  assert.equal(peer.got("end").length, 1);
});

Deno.test("padding of DATA and HEADERS is removed", () => {
  const peer = new Peer().send(
    frame(types.HEADERS, END_HEADERS | PADDED, 1, octets(4), block(post), octets(0, 0, 0, 0)),
    data(1, join(octets(2), text("hi"), octets(0, 0)), PADDED | END_STREAM),
  );
  assert.equal(peer.got("request")[0]?.head.method, "POST");
  assert.deepEqual(peer.got("data").map((event) => event.data), [text("hi")]);
});

Deno.test("priority is accepted in HEADERS and PRIORITY, on streams of any state, and ignored", () => {
  const priority = (id: number) => frame(types.PRIORITY, 0, id, uint(3, 4), octets(200));
  const peer = new Peer().send(
    priority(9),
    frame(
      types.HEADERS,
      END_HEADERS | END_STREAM | PRIORITY,
      1,
      uint(1, 4),
      octets(255),
      block(get),
    ),
    priority(1),
  );
  peer.respond(1, [[":status", "204"]]);
  peer.send(priority(1));
  assert.equal(peer.got("request").length, 1);
  peer.assertAlive();
});

Deno.test("SETTINGS are acknowledged, unknown parameters ignored", () => {
  const peer = new Peer().send(settings([0x55aa, 1], [1, 100], [3, 0]));
  assert.deepEqual(peer.said(), ["SETTINGS ack"]);
  peer.send(settings());
  assert.deepEqual(peer.said(), ["SETTINGS ack"]);
});

Deno.test("an acknowledgement that nothing asked for is ignored", () => {
  new Peer().send(settingsAck, settingsAck).assertAlive();
});

Deno.test("PING is answered with its own octets, an acknowledgement of none is ignored", () => {
  const peer = new Peer().send(ping(text("abcdefgh")), ping(text("xxxxxxxx"), ACK));
  assert.deepEqual(peer.said(), ["PING ack abcdefgh"]);
});

Deno.test("unknown frames and flags are ignored on any stream", () => {
  const peer = new Peer().send(
    frame(0x42, 0xff, 0, text("abc")),
    frame(0x43, 0xff, 77, text("abc")),
    frame(types.PING, 0xfe, 0, text("12345678")),
    frame(types.HEADERS, 0xd2 | END_HEADERS | END_STREAM, 1, block(get)),
  );
  assert.deepEqual(peer.said(), ["PING ack 12345678"]);
  assert.equal(peer.got("end").length, 1);
});

Deno.test("a header block in pieces is put together, empty pieces included", () => {
  const whole = block(post);
  const peer = new Peer().send(
    frame(types.HEADERS, END_STREAM, 1, whole.subarray(0, 10)),
    continuation(1, octets()),
    continuation(1, whole.subarray(10, 30)),
    continuation(1, whole.subarray(30), END_HEADERS),
  );
  assert.equal(peer.got("request")[0]?.head.path, "/maglev.Maglev/GetBackend");
  assert.equal(peer.got("end").length, 1);
});

Deno.test("GOAWAY from the peer lets its streams end, then the connection closes", () => {
  const peer = new Peer().send(headers(1, get), goaway());
  assert.equal(peer.connection.closed, false);
  peer.respond(1, [[":status", "204"]]);
  assert.deepEqual(peer.said(), ["HEADERS 1 :status=204 end", "GOAWAY 1 NO_ERROR"]);
  assert.equal(peer.connection.closed, true);
});

Deno.test("a response is cut into frames as large as the peer accepts", () => {
  const peer = new Peer({ settings: [[1, 0], [5, 16_384], [4, 1_000_000]] });
  peer.send(headers(1, get), windowUpdate(0, 1_000_000));
  peer.respond(1, [[":status", "200"], ["x", "~".repeat(20_000)]], false);
  peer.sendData(1, new Uint8Array(20_000), true);
  assert.deepEqual(peer.said(), [
    "HEADERS 1 begin",
    "frame 9 on 1 of 3625",
    "DATA 1 16384",
    "DATA 1 3616 end",
  ]);
});
