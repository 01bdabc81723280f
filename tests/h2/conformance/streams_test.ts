import assert from "node:assert/strict";
import { testViolations } from "../support/cases.ts";
import { Peer } from "../support/peer.ts";
import {
  block,
  continuation,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  get,
  headers,
  hex,
  octets,
  post,
  rstStream,
  types,
  windowUpdate,
} from "../support/wire.ts";

const open = headers(1, post, END_HEADERS);

testViolations([
  // Section 5.1
  {
    name: "DATA on an idle stream is a PROTOCOL_ERROR",
    sends: [data(1, "x")],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "CONTINUATION on an idle stream is a PROTOCOL_ERROR",
    sends: [continuation(1, octets(), END_HEADERS)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "DATA after END_STREAM resets the stream with STREAM_CLOSED",
    sends: [headers(1, get), data(1, "x")],
    answer: { reset: 1, code: "STREAM_CLOSED" },
  },
  {
    name: "HEADERS after END_STREAM resets the stream with STREAM_CLOSED",
    sends: [headers(1, get), headers(1, get)],
    answer: { reset: 1, code: "STREAM_CLOSED" },
  },
  {
    name: "DATA after the peer's RST_STREAM ends the connection with STREAM_CLOSED",
    sends: [open, rstStream(1), data(1, "x")],
    answer: { goaway: "STREAM_CLOSED" },
  },
  {
    name: "HEADERS after the peer's RST_STREAM ends the connection with STREAM_CLOSED",
    sends: [open, rstStream(1), headers(1, get)],
    answer: { goaway: "STREAM_CLOSED" },
  },
  {
    name: "DATA on a stream that was skipped ends the connection with STREAM_CLOSED",
    sends: [headers(5, get), data(3, "x")],
    answer: { goaway: "STREAM_CLOSED" },
  },
  // Section 5.1.1
  {
    name: "a stream with an even number is a PROTOCOL_ERROR",
    sends: [headers(2, get)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "a stream with a lower number than one before is a PROTOCOL_ERROR",
    sends: [headers(5, get), headers(3, get)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "DATA on a stream of the server's is a PROTOCOL_ERROR",
    sends: [headers(5, get), data(2, "x")],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  {
    name: "WINDOW_UPDATE on a stream of the server's is a PROTOCOL_ERROR",
    sends: [headers(5, get), windowUpdate(2, 1)],
    answer: { goaway: "PROTOCOL_ERROR" },
  },
  // Section 5.1.2
  {
    name: "a stream above SETTINGS_MAX_CONCURRENT_STREAMS is refused",
    options: { limits: { maxConcurrentStreams: 2 } },
    sends: [headers(1, get), headers(3, post, END_HEADERS), headers(5, get)],
    answer: { reset: 5, code: "REFUSED_STREAM" },
  },
]);

Deno.test("HEADERS on a stream that has ended ends the connection with STREAM_CLOSED", () => {
  const peer = new Peer().send(headers(1, get));
  peer.respond(1, [[":status", "204"]]);
  peer.send(headers(1, get)).assertGoaway("STREAM_CLOSED");
});

Deno.test("WINDOW_UPDATE and RST_STREAM on a stream that has ended are ignored", () => {
  const peer = new Peer().send(headers(1, get));
  peer.respond(1, [[":status", "204"]]);
  peer.send(windowUpdate(1, 5), windowUpdate(1, 0), rstStream(1)).assertAlive();
});

Deno.test("frames that crossed our RST_STREAM are ignored, their octets given back", () => {
  const peer = new Peer({ limits: { streamWindow: 65_535, connectionWindow: 65_535 } });
  peer.send(open);
  peer.connection.reset(1, 8, peer.now);
  peer.collect();
  assert.deepEqual(peer.said(), ["RST_STREAM 1 CANCEL"]);
  peer.send(data(1, new Uint8Array(16_384)), data(1, new Uint8Array(16_384)));
  assert.deepEqual(peer.said(), ["WINDOW_UPDATE 0 32768"]);
  peer.send(headers(1, [["x-late", "trailer"]]), windowUpdate(1, 5), rstStream(1)).assertAlive();
  assert.deepEqual(peer.got("data"), []);
});

Deno.test("field compression goes on through streams that are refused", () => {
  const peer = new Peer({ limits: { maxConcurrentStreams: 1 } });
  const request = (id: number, extra: Uint8Array) =>
    frame(types.HEADERS, END_HEADERS | END_STREAM, id, block(get), extra);
  // The refused stream puts x-a: b into the table, the next one refers to it.
  peer.send(headers(1, get), request(3, hex("40 03782d61 0162")));
  assert.deepEqual(peer.said(), ["RST_STREAM 3 REFUSED_STREAM"]);
  peer.respond(1, [[":status", "204"]]);
  peer.send(request(5, octets(0xbe)));
  assert.deepEqual(peer.got("request").at(-1)?.head.headers, [["x-a", "b"]]);
});

Deno.test("skipped streams count as closed, the next may have any higher number", () => {
  const peer = new Peer().send(headers(7, get), headers(0x7fffffff, get));
  assert.deepEqual(peer.got("request").map(({ id }) => id), [7, 0x7fffffff]);
});

Deno.test("a complete answer to an incomplete request asks the peer to stop with NO_ERROR", () => {
  const peer = new Peer().send(open, data(1, "first"));
  peer.respond(1, [[":status", "200"]], true);
  assert.deepEqual(peer.said(), ["HEADERS 1 :status=200 end", "RST_STREAM 1 NO_ERROR"]);
  peer.send(data(1, "second", END_STREAM)).assertAlive();
});

Deno.test("a stream that the peer resets is told of with the peer's code", () => {
  const peer = new Peer().send(headers(1, get), rstStream(1, 0xabcdef));
  assert.deepEqual(peer.got("reset"), [{
    type: "reset",
    id: 1,
    code: 0xabcdef,
    reason: "the peer has reset the stream",
  }]);
  assert.equal(peer.respond(1, [[":status", "200"]]), true);
  assert.deepEqual(peer.said(), []);
});

Deno.test("streams that have ended make room for others", () => {
  const peer = new Peer({ limits: { maxConcurrentStreams: 1 } });
  for (let id = 1; id < 40; id += 2) {
    peer.send(headers(id, get));
    peer.respond(id, [[":status", "204"]]);
    peer.connection.handlerDone(id);
  }
  assert.equal(peer.got("request").length, 20);
  assert.equal(peer.connection.streams, 0);
});

Deno.test("handlers of reset streams count until they are done", () => {
  const peer = new Peer({ limits: { maxConcurrentStreams: 2 } });
  for (let id = 1; id <= 7; id += 2) peer.send(headers(id, get), rstStream(id));
  peer.send(headers(9, get));
  assert.deepEqual(peer.said(), ["RST_STREAM 9 REFUSED_STREAM"]);
  peer.connection.handlerDone(1);
  peer.send(headers(11, get));
  assert.equal(peer.got("request").at(-1)?.id, 11);
});
