import assert from "node:assert/strict";
import { Peer } from "../support/peer.ts";
import {
  ACK,
  block,
  continuation,
  END_HEADERS,
  END_STREAM,
  type Field,
  get,
  headers,
  ping,
  text,
} from "../support/wire.ts";

Deno.test("a connection without streams is closed when idle, with NO_ERROR", () => {
  const peer = new Peer().advance(200_000).send(ping()).advance(99_999);
  assert.equal(peer.connection.closed, false);
  peer.advance(1).assertGoaway("NO_ERROR");
  assert.equal(peer.got("closed")[0]?.reason, "idle");
});

Deno.test("idle time begins when the last stream ends", () => {
  const peer = new Peer().advance(200_000).send(headers(1, get));
  peer.respond(1, [[":status", "204"]]);
  peer.advance(299_999);
  assert.equal(peer.connection.closed, false);
  peer.advance(1).assertGoaway("NO_ERROR");
});

Deno.test("a silent peer with streams is pinged, and stays if it answers", () => {
  const peer = new Peer().send(headers(1, get)).advance(29_999);
  assert.deepEqual(peer.said(), []);
  peer.advance(1);
  assert.deepEqual(peer.said(), ["PING areyouup"]);
  peer.send(ping(text("areyouup"), ACK)).advance(29_999);
  assert.equal(peer.connection.closed, false);
  assert.deepEqual(peer.said(), []);
  peer.advance(1);
  assert.deepEqual(peer.said(), ["PING areyouup"]);
});

Deno.test("a frozen peer is found in the time stated", () => {
  const peer = new Peer().send(headers(1, get)).advance(39_999);
  assert.equal(peer.connection.closed, false);
  peer.advance(1).assertGoaway("NO_ERROR");
  assert.equal(peer.got("closed")[0]?.reason, "the peer does not answer PING");
});

Deno.test("a peer that talks is not pinged", () => {
  const peer = new Peer().send(headers(1, get));
  for (let n = 0; n < 20; n++) peer.advance(20_000).send(ping());
  const pings = peer.said().filter((sentence) => sentence === "PING areyouup");
  assert.deepEqual(pings, []);
});

Deno.test("a stream that is quiet for an hour stays open", () => {
  const peer = new Peer().send(headers(1, get));
  peer.respond(1, [[":status", "200"]], false);
  for (let minute = 0; minute < 60; minute++) {
    for (let half = 0; half < 2; half++) {
      peer.advance(30_000);
      if (peer.said().includes("PING areyouup")) peer.send(ping(text("areyouup"), ACK));
    }
  }
  assert.equal(peer.sendData(1, "an event", true), true);
  assert.equal(peer.said().at(-1), "DATA 1 8 end");
});

Deno.test("nothing is waited for once the connection is closed", () => {
  const peer = new Peer().send(headers(1, get));
  peer.connection.end("gone", peer.now);
  assert.equal(peer.connection.nextDeadline(), undefined);
});

Deno.test("the time for a header block is over with it, also if its request is malformed", () => {
  const completed = (...last: readonly Field[]) => {
    const peer = new Peer().send(headers(1, get, END_STREAM)).advance(9_999);
    return peer.send(continuation(1, block(last), END_HEADERS));
  };
  completed(["accept", "*/*"]).advance(20_000).assertAlive();
  const malformed = completed(["connection", "close"]);
  malformed.assertReset(1, "PROTOCOL_ERROR");
  malformed.advance(20_000).assertAlive();
});
