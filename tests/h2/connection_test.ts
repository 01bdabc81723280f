import assert from "node:assert/strict";
import type { H2Field } from "../../lib/h2/mod.ts";
import { Peer } from "./support/peer.ts";
import {
  ACK,
  continuation,
  data,
  END_HEADERS,
  END_STREAM,
  frame,
  get,
  headers,
  octets,
  ping,
  post,
  rstStream,
  settings,
  text,
  types,
  windowUpdate,
} from "./support/wire.ts";

const ok: H2Field[] = [[":status", "200"]];
const idleMs = 300_000;
const open = headers(1, post, END_HEADERS);

/** A budget of so many, and what work earns besides. */
function budget(burst: number, perFrame = 0) {
  return { burst, perSecond: 0, perFrame };
}

/** A peer that has half of an answer in its socket. */
function writing(): { readonly peer: Peer; readonly length: number } {
  const peer = new Peer().send(headers(1, get));
  peer.reading = false;
  peer.respond(1, ok);
  const { length } = peer.connection.takeOutput(peer.now);
  return { peer, length };
}

Deno.test("each octet that the socket takes gives the peer more time to read", () => {
  const { peer } = writing();
  peer.advance(20_000);
  peer.connection.wrote(1, peer.now);
  peer.advance(29_999);
  assert.equal(peer.connection.closed, false);
  peer.advance(1);
  assert.equal(peer.got("closed")[0]?.reason, "the peer does not read");
});

Deno.test("nobody waits for the socket once all is written, or nothing was", () => {
  const { peer, length } = writing();
  peer.connection.wrote(length, peer.now);
  assert.equal(peer.connection.nextDeadline(), peer.now + idleMs);
  assert.equal(peer.connection.takeOutput(peer.now).length, 0);
  assert.equal(peer.connection.nextDeadline(), peer.now + idleMs);
  peer.connection.leave(peer.now);
  assert.ok(peer.connection.takeOutput(peer.now).length > 0);
  assert.equal(peer.connection.nextDeadline(), undefined);
});

Deno.test("output under way counts as queued, and no other is given out meanwhile", () => {
  const { peer, length } = writing();
  assert.equal(peer.connection.queued, length);
  peer.send(ping());
  assert.equal(peer.connection.queued, length + 17);
  assert.equal(peer.connection.takeOutput(peer.now).length, 0);
  peer.connection.wrote(length - 1, peer.now);
  assert.equal(peer.connection.takeOutput(peer.now).length, 0);
  peer.connection.wrote(1, peer.now);
  assert.equal(peer.connection.takeOutput(peer.now).length, 17);
});

Deno.test("no octets without an end are no frame", () => {
  const peer = new Peer().send(headers(1, get));
  peer.respond(1, ok, false);
  peer.said();
  assert.equal(peer.sendData(1, "", false), true);
  assert.deepEqual(peer.said(), []);
  peer.sendData(1, "", true);
  assert.deepEqual(peer.said(), ["DATA 1 0 end"]);
});

Deno.test("what is asked for on streams that are gone is no error and sends nothing", () => {
  const peer = new Peer().send(headers(1, get));
  peer.respond(1, ok);
  peer.said();
  assert.equal(peer.respond(1, ok), true);
  assert.equal(peer.sendData(1, "late", true), true);
  peer.connection.reset(1, 8, peer.now);
  peer.connection.bodyRead(1, 5, peer.now);
  peer.connection.discardBody(1, peer.now);
  peer.collect();
  assert.deepEqual(peer.said(), []);
  peer.assertAlive();
});

Deno.test("an error of our own ends the connection with INTERNAL_ERROR and is told", () => {
  const peer = new Peer().send(headers(1, get));
  const fields: H2Field[] = [];
  Object.defineProperty(fields, 0, {
    get: () => {
      throw new TypeError("broken");
    },
  });
  peer.respond(1, fields);
  peer.assertGoaway("INTERNAL_ERROR");
  assert.equal(peer.got("closed")[0]?.reason, "internal error: TypeError: broken");
  assert.equal(peer.connection.streams, 0);
});

Deno.test("GOAWAY says what was wrong, and nothing where nothing was", () => {
  const debug = (peer: Peer) => {
    const goaway = peer.frames().find(({ type }) => type === types.GOAWAY);
    return String.fromCharCode(...goaway?.payload.subarray(8) ?? []);
  };
  assert.equal(debug(new Peer().send(headers(2, get))), "HEADERS on stream 2");
  const peer = new Peer();
  peer.connection.leave(peer.now);
  peer.collect();
  assert.equal(debug(peer), "");
  assert.equal(peer.got("closed")[0]?.reason, "closed");
});

Deno.test("the first stream that waits for its window decides when they are looked at", () => {
  const peer = new Peer({ settings: [[4, 0]] }).send(headers(1, get), headers(3, get));
  for (const id of [1, 3]) peer.respond(id, ok, false);
  peer.sendData(1, "x");
  for (let n = 0; n < 2; n++) peer.advance(25_000).send(ping());
  peer.sendData(3, "y");
  peer.advance(9_999);
  assert.equal(peer.connection.streams, 2);
  peer.advance(1);
  assert.deepEqual(peer.got("reset").map(({ id }) => id), [1]);
  for (let n = 0; n < 2; n++) peer.advance(24_999).send(ping());
  assert.equal(peer.connection.streams, 1);
  peer.advance(2);
  assert.deepEqual(peer.got("reset").map(({ id }) => id), [1, 3]);
});

Deno.test("an answer that has left is not waited for, nor is one that never waited", () => {
  const peer = new Peer({ settings: [[4, 10]] }).send(headers(1, get));
  const keepalive = peer.connection.nextDeadline();
  peer.respond(1, ok, false);
  peer.sendData(1, "0123456789");
  assert.equal(peer.connection.nextDeadline(), keepalive);
  peer.sendData(1, "x", true);
  peer.send(windowUpdate(1, 1));
  assert.equal(peer.connection.nextDeadline(), peer.now + idleMs);
});

Deno.test("a stream that waits and is reset leaves nothing to wait for but idleness", () => {
  const peer = new Peer({ settings: [[4, 0]] }).send(headers(1, get));
  peer.respond(1, ok, false);
  peer.sendData(1, "x");
  peer.send(rstStream(1));
  assert.equal(peer.connection.nextDeadline(), peer.now + idleMs);
});

Deno.test("frames on a stream that was refused are ignored", () => {
  const peer = new Peer({ limits: { maxConcurrentStreams: 0 } }).send(open);
  peer.assertReset(1, "REFUSED_STREAM");
  peer.send(data(1, "x"), windowUpdate(1, 1), headers(1, [["t", "u"]])).assertAlive();
});

Deno.test("sections too large for an answer of ours but 431 are counted as resets are", () => {
  const peer = new Peer({ limits: { maxHeaderListSize: 200 }, floods: { reset: budget(2) } });
  const large = (id: number) => headers(id, [...get, ["x", "y".repeat(200)]]);
  peer.send(large(1), large(3));
  assert.equal(peer.connection.closed, false);
  peer.send(large(5)).assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("the body of a request whose 431 waits for the socket is dropped, not told of", () => {
  const peer = new Peer({ limits: { maxHeaderListSize: 300, outputBytes: 10 } });
  peer.reading = false;
  peer.send(ping(), headers(1, [...post, ["x", "y".repeat(300)]], END_HEADERS));
  peer.send(data(1, "abc"), data(1, "", END_STREAM));
  assert.deepEqual([peer.got("request"), peer.got("data"), peer.got("end")], [[], [], []]);
  peer.reading = true;
  peer.collect();
  assert.deepEqual(peer.said(), ["PING ack 12345678", "HEADERS 1 :status=431 end"]);
});

Deno.test("HEADERS and CONTINUATION without content are counted, those with some are not", () => {
  const peer = () => new Peer({ floods: { emptyFrame: budget(1) } });
  const empty = frame(types.HEADERS, END_STREAM, 1);
  peer().send(empty, continuation(1, octets())).assertGoaway("ENHANCE_YOUR_CALM");
  const one = continuation(1, octets(0x82));
  const polite = peer().send(frame(types.HEADERS, END_STREAM, 1, octets(0x82)), one, one);
  assert.equal(polite.connection.closed, false);
  polite.send(continuation(1, octets()));
  assert.equal(polite.connection.closed, false);
  polite.send(continuation(1, octets())).assertGoaway("ENHANCE_YOUR_CALM");
});

Deno.test("DATA with content and answers earn WINDOW_UPDATE, empty DATA does not", () => {
  const allowed = (prepare: (peer: Peer) => void) => {
    const peer = new Peer({ floods: { windowUpdate: budget(2, 1) } }).send(open);
    prepare(peer);
    let count = 0;
    while (!peer.send(windowUpdate(0, 1)).connection.closed) count++;
    return count;
  };
  assert.equal(allowed(() => {}), 2);
  assert.equal(allowed((peer) => peer.send(data(1, ""))), 2);
  assert.equal(allowed((peer) => peer.send(data(1, "x"))), 3);
  assert.equal(allowed((peer) => peer.send(data(1, "", END_STREAM))), 3);
  assert.equal(allowed((peer) => peer.respond(1, ok, false)), 3);
  assert.equal(
    allowed((peer) => {
      peer.respond(1, ok, false);
      peer.sendData(1, "x");
    }),
    4,
  );
});

Deno.test("a connection that is over has no streams, and says why it is", () => {
  const peer = new Peer().send(headers(1, get), headers(3, get));
  assert.equal(peer.connection.streams, 2);
  peer.connection.end("reading failed", peer.now);
  peer.connection.end("once more", peer.now);
  peer.collect();
  assert.equal(peer.connection.streams, 0);
  assert.deepEqual(peer.got("closed"), [{ type: "closed", code: 0, reason: "reading failed" }]);
  assert.deepEqual(peer.said(), []);
});

Deno.test("the peer's maximum frame size counts for header blocks, ours for what is kept", () => {
  const peer = new Peer({ settings: [[5, 20_000], [4, 1_000_000], [1, 0]] });
  peer.send(headers(1, get));
  peer.respond(1, [...ok, ["x", "~".repeat(19_000)]], false);
  peer.sendData(1, new Uint8Array(20_000));
  assert.deepEqual(peer.said().slice(1), ["DATA 1 16384", "DATA 1 3616"]);
});

Deno.test("one octet of window is used, the stream's and the connection's", () => {
  const peer = new Peer({ settings: [[4, 70_000]] }).send(headers(1, get), headers(3, get));
  for (const id of [1, 3]) peer.respond(id, ok, false);
  peer.sendData(1, new Uint8Array(65_534));
  peer.said();
  assert.equal(peer.sendData(3, "ab"), false);
  assert.deepEqual(peer.said(), ["DATA 3 1"]);
  peer.send(windowUpdate(0, 1));
  assert.deepEqual(peer.said(), ["DATA 3 1"]);
  const narrow = new Peer({ settings: [[4, 1]] }).send(headers(1, get));
  narrow.respond(1, ok, false);
  narrow.said();
  assert.equal(narrow.sendData(1, "ab"), false);
  assert.deepEqual(narrow.said(), ["DATA 1 1"]);
  narrow.send(windowUpdate(1, 1));
  assert.deepEqual(narrow.said(), ["DATA 1 1"]);
});

Deno.test("SETTINGS without a new window, or with the same, leave the streams' windows", () => {
  const peer = new Peer({ settings: [[4, 3]] }).send(headers(1, get));
  peer.respond(1, ok, false);
  peer.sendData(1, "01234");
  peer.said();
  peer.send(settings([4, 3]), settings());
  assert.deepEqual(peer.said(), ["SETTINGS ack", "SETTINGS ack"]);
  peer.send(settings([4, 1], [4, 4]));
  assert.deepEqual(peer.said(), ["SETTINGS ack", "DATA 1 1"]);
});

Deno.test("acknowledging SETTINGS twice does not move the windows twice", () => {
  const peer = new Peer({ handshake: false, limits: { streamWindow: 100_000 } });
  peer.send(text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings(), open);
  peer.send(frame(types.SETTINGS, ACK, 0), frame(types.SETTINGS, ACK, 0));
  for (let n = 0; n < 6; n++) peer.send(data(1, new Uint8Array(16_384)));
  peer.send(data(1, new Uint8Array(100_000 - 6 * 16_384)));
  assert.equal(peer.connection.closed, false);
  peer.said();
  peer.send(data(1, "x")).assertReset(1, "FLOW_CONTROL_ERROR");
});
