import assert from "node:assert/strict";
import type { H2Field } from "../../lib/h2/mod.ts";
import { Peer } from "./support/peer.ts";
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
  hex,
  octets,
  ping,
  post,
  preface,
  rstStream,
  settings,
  text,
  types,
  windowUpdate,
} from "./support/wire.ts";

const ok: H2Field[] = [[":status", "200"]];
const open = headers(1, post, END_HEADERS);
const small = { streamWindow: 65_536, connectionWindow: 65_536 };
const half = data(1, new Uint8Array(16_384));

function read(peer: Peer, id: number, octets: number): string[] {
  peer.connection.bodyRead(id, octets, peer.now);
  peer.collect();
  return peer.said();
}

Deno.test("no more is given back than was received, and none of it twice", () => {
  const peer = new Peer({ limits: small }).send(open, half, half);
  assert.deepEqual(read(peer, 1, 1_000_000), ["WINDOW_UPDATE 1 32768", "WINDOW_UPDATE 0 32768"]);
  assert.deepEqual(read(peer, 1, 1_000_000), []);
  peer.send(half, half);
  assert.deepEqual(read(peer, 1, 16_384), []);
  assert.deepEqual(read(peer, 1, 16_384), ["WINDOW_UPDATE 1 32768", "WINDOW_UPDATE 0 32768"]);
});

Deno.test("a stream that has ended gets no window, the connection gets it back", () => {
  const last = data(1, new Uint8Array(16_384), END_STREAM);
  const peer = new Peer({ limits: small }).send(open, half, last);
  assert.deepEqual(read(peer, 1, 32_768), ["WINDOW_UPDATE 0 32768"]);
});

Deno.test("a body that is discarded has no end either", () => {
  const peer = new Peer().send(open);
  peer.connection.discardBody(1, peer.now);
  peer.send(data(1, "x", END_STREAM));
  assert.deepEqual([peer.got("data"), peer.got("end")], [[], []]);
  peer.respond(1, ok);
  assert.deepEqual(peer.said(), ["HEADERS 1 :status=200 end"]);
});

Deno.test("the last word names the last stream that was served", () => {
  const peer = new Peer().send(headers(1, get));
  peer.connection.shutdown(5000, peer.now);
  peer.send(ping(text("shutdown"), ACK), headers(3, get));
  peer.said();
  peer.connection.leave(peer.now);
  peer.collect();
  assert.deepEqual(peer.said(), ["GOAWAY 1 NO_ERROR"]);
});

Deno.test("a PING that is not ours does not end the first part of a shutdown", () => {
  const peer = new Peer().send(headers(1, get));
  peer.send(ping(text("shutdown"), ACK));
  peer.connection.shutdown(5000, peer.now);
  peer.collect();
  peer.said();
  peer.send(ping(text("shutdowN"), ACK));
  assert.deepEqual(peer.said(), []);
  peer.send(ping(text("shutdown"), ACK));
  assert.deepEqual(peer.said(), ["GOAWAY 1 NO_ERROR"]);
  peer.send(ping(text("shutdown"), ACK)).advance(4000);
  assert.deepEqual(peer.said(), []);
});

Deno.test("a shutdown whose last stream ends waits for those that may be on their way", () => {
  const peer = new Peer().send(headers(1, get));
  peer.connection.shutdown(5000, peer.now);
  peer.respond(1, ok);
  assert.equal(peer.connection.closed, false);
  peer.send(headers(3, get), ping(text("shutdown"), ACK));
  assert.equal(peer.said().at(-1), "GOAWAY 3 NO_ERROR");
  peer.respond(3, ok);
  assert.equal(peer.got("closed")[0]?.reason, "drained");
});

Deno.test("a shutdown waits neither for idleness nor for its own GOAWAY any longer", () => {
  const peer = new Peer();
  peer.connection.shutdown(600_000, peer.now);
  assert.equal(peer.connection.nextDeadline(), peer.now + 1000);
  const busy = new Peer().send(headers(1, get));
  busy.connection.shutdown(5000, busy.now);
  busy.send(ping(text("shutdown"), ACK));
  assert.equal(busy.connection.nextDeadline(), busy.now + 5000);
});

Deno.test("a shutdown after the drain limit leaves the time of grace as it is", () => {
  const peer = new Peer().send(headers(1, get));
  peer.connection.shutdown(10, peer.now);
  peer.advance(10);
  assert.equal(peer.got("drain limit").length, 1);
  // The peer has not acknowledged PING, but now it has to know.
  assert.equal(peer.said().at(-1), "GOAWAY 1 NO_ERROR");
  peer.connection.shutdown(10, peer.now);
  peer.advance(999);
  assert.equal(peer.connection.closed, false);
  assert.equal(peer.got("drain limit").length, 1);
  peer.advance(1);
  assert.equal(peer.connection.closed, true);
});

Deno.test("a shutdown whose drain limit comes first is over with the last of its events", () => {
  const peer = new Peer();
  peer.connection.shutdown(10, peer.now);
  peer.advance(10);
  assert.deepEqual(peer.events, [{ type: "closed", code: 0, reason: "drained" }]);
});

Deno.test("a shutdown between preface and SETTINGS closes at once", () => {
  const peer = new Peer({ handshake: false }).send(text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
  peer.connection.shutdown(5000, peer.now);
  peer.collect();
  assert.equal(peer.got("closed")[0]?.reason, "shutdown");
});

Deno.test("a peer that goes away without streams is answered at once", () => {
  const peer = new Peer().send(goaway());
  assert.deepEqual(peer.said(), ["GOAWAY 0 NO_ERROR"]);
  assert.equal(peer.got("closed")[0]?.reason, "the peer has gone away");
});

Deno.test("a stream that ends among others changes no deadline of theirs", () => {
  const peer = new Peer().send(headers(1, get), headers(3, get));
  const keepalive = peer.connection.nextDeadline();
  peer.respond(1, ok);
  assert.equal(peer.connection.nextDeadline(), keepalive);
  peer.send(rstStream(3));
  assert.equal(peer.connection.nextDeadline(), peer.now + 300_000);
});

Deno.test("keepalive begins with the first stream and counts from what was heard last", () => {
  const peer = new Peer().send(headers(1, get)).advance(10_000).send(headers(3, get));
  assert.equal(peer.connection.nextDeadline(), peer.now + 20_000);
  peer.advance(20_000);
  assert.deepEqual(peer.said(), []);
  assert.equal(peer.connection.nextDeadline(), peer.now + 10_000);
  peer.advance(10_000);
  assert.deepEqual(peer.said(), ["PING areyouup"]);
  assert.equal(peer.connection.nextDeadline(), peer.now + 10_000);
  peer.send(windowUpdate(0, 1));
  assert.equal(peer.connection.nextDeadline(), peer.now + 30_000);
});

Deno.test("a stream that waits for the socket alone is not taken for one without a window", () => {
  const peer = new Peer({ limits: { outputBytes: 100, stalledWriteMs: 1e9 } });
  peer.send(headers(1, get), headers(3, get));
  peer.respond(1, ok, false);
  peer.reading = false;
  peer.sendData(1, new Uint8Array(20_000));
  peer.connection.takeOutput(peer.now);
  peer.sendData(1, new Uint8Array(10));
  for (let n = 0; n < 10; n++) peer.advance(20_000).send(windowUpdate(3, 1));
  assert.equal(peer.connection.streams, 2);
  assert.deepEqual(peer.got("reset"), []);
});

Deno.test("a stream that has said all it had is not reset for a window that is used up", () => {
  const peer = new Peer({ settings: [[4, 10]] }).send(headers(1, get), headers(3, get));
  for (const id of [1, 3]) peer.respond(id, ok, false);
  assert.equal(peer.sendData(1, "0123456789"), true);
  assert.equal(peer.sendData(3, "0123456789a"), false);
  for (let n = 0; n < 6; n++) peer.advance(20_000).send(windowUpdate(0, 1));
  assert.deepEqual(peer.got("reset").map(({ id }) => id), [3]);
});

Deno.test("a response that waits for the socket goes on with it, headers before data", () => {
  const peer = new Peer({ limits: { outputBytes: 20 } }).send(
    headers(1, get),
    headers(3, get),
    headers(5, get),
  );
  peer.respond(1, ok, false);
  peer.reading = false;
  assert.equal(peer.sendData(1, "0123456789"), true);
  const length = peer.connection.queued;
  assert.equal(length, 19);
  assert.equal(peer.sendData(1, "x"), true);
  assert.equal(peer.sendData(1, "y"), false);
  assert.equal(peer.respond(3, ok), false);
  assert.equal(peer.respond(5, ok), false);
  peer.said();
  peer.reading = true;
  peer.collect();
  assert.deepEqual(peer.said(), [
    "DATA 1 10",
    "DATA 1 1",
    "HEADERS 3 :status=200 end",
    "HEADERS 5 :status=200 end",
    "DATA 1 1",
  ]);
  assert.deepEqual(peer.got("sent").map(({ id }) => id), [3, 5, 1]);
});

Deno.test("headers that waited for the socket leave nothing behind that data would trip over", () => {
  const peer = new Peer({ limits: { outputBytes: 20 }, settings: [[4, 0]] });
  peer.send(headers(1, get));
  peer.reading = false;
  peer.send(ping(), ping());
  assert.equal(peer.respond(1, ok, false), false);
  peer.reading = true;
  peer.collect();
  assert.equal(peer.said().at(-1), "HEADERS 1 :status=200");
  assert.equal(peer.sendData(1, "x"), false);
  peer.send(ping());
  assert.deepEqual(peer.said(), ["PING ack 12345678"]);
});

Deno.test("a stream that is reset says nothing of what it had waiting", () => {
  const peer = new Peer({ settings: [[4, 5]] }).send(headers(1, get), headers(3, get));
  peer.respond(1, ok, false);
  peer.sendData(1, "0123456789");
  peer.said();
  peer.send(rstStream(1), windowUpdate(1, 100), windowUpdate(0, 100), settings([4, 100]));
  assert.deepEqual(peer.said(), ["SETTINGS ack"]);
  assert.deepEqual(peer.got("sent"), []);
});

Deno.test("a stream that is reset while it waits for others says no more either", () => {
  const atWindow = new Peer({ settings: [[4, 1_000_000]] }).send(headers(1, get));
  atWindow.respond(1, ok, false);
  assert.equal(atWindow.sendData(1, new Uint8Array(70_000)), false);
  atWindow.said();
  atWindow.send(rstStream(1), windowUpdate(0, 100_000));
  assert.deepEqual(atWindow.said(), []);
  atWindow.assertAlive();

  const atSocket = new Peer({ limits: { outputBytes: 20 } }).send(headers(1, get));
  atSocket.reading = false;
  atSocket.send(ping(), ping());
  assert.equal(atSocket.respond(1, ok), false);
  atSocket.send(rstStream(1));
  atSocket.reading = true;
  atSocket.collect();
  assert.deepEqual(atSocket.said(), Array(2).fill("PING ack 12345678"));
  atSocket.assertAlive();
});

Deno.test("GOAWAY again and again is a flood as SETTINGS are", () => {
  const peer = new Peer({ floods: { settings: { burst: 4, perSecond: 0, perFrame: 0 } } });
  // The handshake took two.
  peer.send(headers(1, get), goaway(), goaway());
  assert.equal(peer.connection.closed, false);
  peer.send(goaway()).assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("a larger table for decoding is used when the peer says so, not before", () => {
  const large = (id: number, letter: string) => {
    const field = block([[letter, letter.repeat(2100)]]);
    // With incremental indexing.
    field[0] = 0x40;
    return frame(types.HEADERS, END_HEADERS | END_STREAM, id, block(get), field);
  };
  const oldest = (id: number) =>
    frame(types.HEADERS, END_HEADERS | END_STREAM, id, block(get), octets(0xbf));
  const grow = frame(types.HEADERS, END_HEADERS | END_STREAM, 1, hex("3fe13f"), block(get));
  const begin = () => {
    const peer = new Peer({ handshake: false, limits: { headerTableSize: 8192 } });
    return peer.send(preface, settings());
  };
  begin().send(large(1, "a"), large(3, "b"), oldest(5)).assertGoaway("COMPRESSION_ERROR");
  const peer = begin().send(grow, large(3, "a"), large(5, "b"), oldest(7));
  assert.equal(peer.got("request").at(-1)?.head.headers[0]?.[0], "a");
});

Deno.test("the table for encoding stays as it is, however large a one the peer allows", () => {
  const headerTableSize = 1;
  const peer = new Peer({ settings: [[headerTableSize, 1024 * 1024]] });
  peer.send(headers(1, get));
  peer.respond(1, [[":status", "200"], ["x-a", "b"]]);
  // Its decoder has 4,096 octets, and refuses to have more.
  assert.deepEqual(peer.said(), ["HEADERS 1 :status=200 x-a=b end"]);
});

Deno.test("a header block of just the limit is taken, in one frame and in two", () => {
  const whole = block(get);
  const requests = (headerBlockBytes: number, ...frames: Uint8Array[]) =>
    new Peer({ limits: { headerBlockBytes } }).send(...frames).got("request").length;
  const one = [frame(types.HEADERS, END_HEADERS | END_STREAM, 1, whole)];
  const two = [
    frame(types.HEADERS, END_STREAM, 1, whole.subarray(0, 9)),
    continuation(1, whole.subarray(9), END_HEADERS),
  ];
  for (const frames of [one, two]) {
    assert.equal(requests(whole.length, ...frames), 1);
    assert.equal(requests(whole.length - 1, ...frames), 0);
  }
});

Deno.test("a header section of just the limit is served, one octet more is too large", () => {
  // 4 fields of 32 octets besides their names and values.
  const size = get.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  const requests = (maxHeaderListSize: number) =>
    new Peer({ limits: { maxHeaderListSize } }).send(headers(1, get)).got("request").length;
  assert.deepEqual([requests(size), requests(size - 1)], [1, 0]);
});

Deno.test("trailers of just the limit end a request", () => {
  const peer = new Peer({ limits: { maxHeaderListSize: 400 } }).send(open);
  peer.send(headers(1, [["x", "y".repeat(400 - 33)]]));
  assert.equal(peer.got("end").length, 1);
});

Deno.test("as many handlers as twice the streams may run, and their sections fill the limit", () => {
  const size = get.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  const peer = new Peer({ limits: { connectionHeaderBytes: 2 * size } });
  peer.send(headers(1, get), headers(3, get));
  assert.equal(peer.got("request").length, 2);
  peer.send(headers(5, get)).assertReset(5, "REFUSED_STREAM");
  const tight = new Peer({ limits: { connectionHeaderBytes: 2 * size - 1 } });
  tight.send(headers(1, get), headers(3, get)).assertReset(3, "REFUSED_STREAM");
  const twice = new Peer({ limits: { connectionHeaderBytes: 2 * size - 1 } });
  twice.send(headers(1, get), rstStream(1));
  for (let n = 0; n < 2; n++) twice.connection.handlerDone(1);
  twice.send(headers(3, get), headers(5, get)).assertReset(5, "REFUSED_STREAM");
  const many = new Peer({ limits: { maxConcurrentStreams: 1 } });
  for (const id of [1, 3]) many.send(headers(id, get), rstStream(id));
  many.send(headers(5, get)).assertReset(5, "REFUSED_STREAM");
  many.connection.handlerDone(3);
  many.connection.handlerDone(3);
  many.send(headers(7, get));
  assert.equal(many.got("request").at(-1)?.id, 7);
});
