import assert from "node:assert/strict";
import { Peer } from "../support/peer.ts";
import {
  ACK,
  data,
  END_HEADERS,
  get,
  goaway,
  headers,
  ping,
  post,
  rstStream,
  text,
  windowUpdate,
} from "../support/wire.ts";

const last = 2 ** 31 - 1;

function shutdown(peer: Peer, drainMs: number): void {
  peer.connection.shutdown(drainMs, peer.now);
  peer.collect();
}

Deno.test("shutdown sends a GOAWAY that refuses nothing, then a final one, then closes", () => {
  const peer = new Peer().send(headers(1, get));
  shutdown(peer, 5000);
  assert.deepEqual(peer.said(), [`GOAWAY ${last} NO_ERROR`, "PING shutdown"]);
  peer.send(headers(3, get), ping(text("shutdown"), ACK));
  assert.deepEqual(peer.said(), ["GOAWAY 3 NO_ERROR"]);
  for (const id of [1, 3]) peer.respond(id, [[":status", "204"]]);
  assert.equal(peer.connection.closed, true);
  assert.deepEqual(peer.got("closed"), [{ type: "closed", code: 0, reason: "drained" }]);
});

Deno.test("streams that come after the final GOAWAY are ignored, with their bodies", () => {
  const peer = new Peer().send(headers(1, get));
  shutdown(peer, 5000);
  peer.send(ping(text("shutdown"), ACK));
  peer.said();
  peer.send(headers(3, post, END_HEADERS), data(3, "x"), headers(3, [["t", "u"]]));
  assert.deepEqual(peer.said(), []);
  assert.equal(peer.got("request").length, 1);
  peer.assertAlive();
});

Deno.test("a peer that does not acknowledge PING gets the final GOAWAY after a second", () => {
  const peer = new Peer().send(headers(1, get));
  shutdown(peer, 5000);
  peer.said();
  peer.advance(999);
  assert.deepEqual(peer.said(), []);
  peer.advance(1);
  assert.deepEqual(peer.said(), ["GOAWAY 1 NO_ERROR"]);
});

Deno.test("at the drain limit handlers are asked to end and may have a last word", () => {
  const peer = new Peer().send(headers(1, get), headers(3, get));
  shutdown(peer, 5000);
  peer.send(ping(text("shutdown"), ACK)).advance(4999);
  assert.deepEqual(peer.got("drain limit"), []);
  peer.advance(1);
  assert.equal(peer.got("drain limit").length, 1);
  peer.said();
  peer.respond(1, [[":status", "200"], ["grpc-status", "14"]]);
  assert.deepEqual(peer.said(), ["HEADERS 1 :status=200 grpc-status=14 end"]);
  peer.advance(999);
  assert.equal(peer.connection.closed, false);
  peer.advance(1);
  assert.deepEqual(peer.got("closed"), [{ type: "closed", code: 0, reason: "drain limit" }]);
});

Deno.test("the end of the connection is the last event, also when a reset brings it about", () => {
  for (const last of [rstStream(1), windowUpdate(1, 0)]) {
    const peer = new Peer().send(headers(1, get), goaway(), last);
    assert.deepEqual(peer.events.map(({ type }) => type), ["request", "end", "reset", "closed"]);
  }
});

Deno.test("shutdown without streams closes after one round trip", () => {
  const peer = new Peer();
  shutdown(peer, 5000);
  peer.send(ping(text("shutdown"), ACK));
  assert.deepEqual(peer.said(), [
    `GOAWAY ${last} NO_ERROR`,
    "PING shutdown",
    "GOAWAY 0 NO_ERROR",
  ]);
  assert.equal(peer.connection.closed, true);
});

Deno.test("shutdown during the handshake closes at once", () => {
  const peer = new Peer({ handshake: false });
  shutdown(peer, 5000);
  peer.assertGoaway("NO_ERROR");
});

Deno.test("a second shutdown sets a new drain limit and says nothing again", () => {
  const peer = new Peer().send(headers(1, get));
  shutdown(peer, 60_000);
  peer.said();
  shutdown(peer, 10);
  assert.deepEqual(peer.said(), []);
  peer.advance(10);
  assert.equal(peer.got("drain limit").length, 1);
});

Deno.test("a connection that is over says nothing, hears nothing and wants nothing", () => {
  const peer = new Peer().send(headers(1, get));
  peer.connection.leave(peer.now);
  peer.collect();
  assert.deepEqual(peer.said(), ["GOAWAY 1 NO_ERROR"]);
  peer.send(headers(3, get), ping());
  peer.respond(1, [[":status", "200"]]);
  peer.sendData(1, "x", true);
  peer.connection.reset(1, 0, peer.now);
  peer.connection.bodyRead(1, 5, peer.now);
  peer.connection.shutdown(5, peer.now);
  peer.connection.tick(peer.now + 1e9);
  peer.collect();
  assert.deepEqual(peer.said(), []);
  assert.equal(peer.got("closed").length, 1);
});
