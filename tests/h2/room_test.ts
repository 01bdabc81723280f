import assert from "node:assert/strict";
import type { OctetRoom } from "../../lib/h2/types.ts";
import { Peer } from "./support/peer.ts";
import { data, END_HEADERS, END_STREAM, goaway, headers, post, rstStream } from "./support/wire.ts";

/** Room that counts what is taken. */
class Room implements OctetRoom {
  used = 0;

  constructor(private readonly limit: number) {}

  take(octets: number): boolean {
    if (this.used + octets > this.limit) return false;
    this.used += octets;
    return true;
  }

  give(octets: number): void {
    this.used -= octets;
  }
}

const open = (id: number, end = 0) => headers(id, post, END_HEADERS | end);
const body = (id: number, end = 0) => data(id, new Uint8Array(1000), end);

/** Octets of the header section of a request without a body. */
function headerOctets(): number {
  const room = new Room(1e6);
  new Peer({ room }).send(open(1, END_STREAM));
  return room.used;
}

const head = headerOctets();

Deno.test("header sections and unread bodies take room, until they are read and answered", () => {
  const room = new Room(1e6);
  const peer = new Peer({ room });
  assert.ok(head > 100);
  peer.send(open(1), body(1), body(1, END_STREAM));
  assert.equal(room.used, head + 2000);
  peer.connection.bodyRead(1, 500, peer.now);
  assert.equal(room.used, head + 1500);
  peer.connection.discardBody(1, peer.now);
  assert.equal(room.used, head);
  peer.connection.handlerDone(1);
  assert.equal(room.used, 0);
});

Deno.test("whatever ends a stream gives the room of its body back, once", () => {
  const ends: ((peer: Peer) => void)[] = [
    (peer) => void peer.send(rstStream(1)),
    (peer) => peer.connection.reset(1, 8, peer.now),
    (peer) => peer.connection.leave(peer.now),
    (peer) => peer.connection.end("gone", peer.now),
    (peer) => void peer.send(goaway(), data(0, "x")),
  ];
  for (const end of ends) {
    const room = new Room(1e6);
    const peer = new Peer({ room }).send(open(1), body(1));
    end(peer);
    assert.equal(room.used, head, String(end));
    peer.connection.bodyRead(1, 1000, peer.now);
    peer.connection.handlerDone(1);
    peer.connection.handlerDone(1);
    assert.equal(room.used, 0, String(end));
  }
});

Deno.test("without room for its header section a stream is refused, and others go on", () => {
  const room = new Room(head);
  const peer = new Peer({ room }).send(open(1, END_STREAM), open(3, END_STREAM));
  peer.assertReset(3, "REFUSED_STREAM");
  assert.deepEqual(peer.got("request").map(({ id }) => id), [1]);
  peer.connection.handlerDone(1);
  peer.send(open(5, END_STREAM));
  assert.deepEqual(peer.got("request").map(({ id }) => id), [1, 5]);
  peer.assertAlive();
});

Deno.test("without room for its body a stream is reset, and its octets are not lost", () => {
  const room = new Room(2 * head + 1500);
  const peer = new Peer({ room, limits: { connectionWindow: 65_535 } });
  peer.send(open(1), open(3), body(1), body(3));
  peer.assertReset(3, "ENHANCE_YOUR_CALM");
  assert.equal(room.used, 2 * head + 1000);
  assert.deepEqual(peer.got("data").map(({ id }) => id), [1]);
  peer.connection.bodyRead(1, 1000, peer.now);
  peer.send(body(1));
  assert.equal(room.used, 2 * head + 1000);
  peer.assertAlive();
});
