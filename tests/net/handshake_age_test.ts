import assert from "node:assert/strict";
import { ageOf, handshakeAge } from "../../lib/net/handshake_age.ts";
import { libc, pointerTo } from "../../lib/net/libc.ts";
import { RawServer } from "./support/raw_server.ts";

/** A `struct tcp_info`: the round trip in µs, segments sent again, ms since the last ACK. */
function tcpInfo(roundTrip: number, retransmissions: number, lastAck: number): DataView {
  const info = new DataView(new ArrayBuffer(104));
  info.setUint32(68, roundTrip, true);
  info.setUint32(100, retransmissions, true);
  info.setUint32(56, lastAck, true);
  return info;
}

Deno.test("a connection is established for as long as its handshake is over", () => {
  assert.equal(ageOf(tcpInfo(3000, 0, 99), 10), 7);
  assert.equal(ageOf(tcpInfo(12_000, 0, 99), 10), 0);
});

Deno.test("after a SYN was sent again the last ACK tells", () => {
  assert.equal(ageOf(tcpInfo(3000, 1, 4), 1010), 4);
});

Deno.test("the kernel tells of a connection how long its handshake took", () => {
  using server = new RawServer();
  const { port } = server;
  const address = Uint8Array.of(2, 0, port >> 8, port, 127, 0, 0, 1, ...Array(8).fill(0));
  const fd = libc.socket(2, 1, 0);
  const begun = performance.now();
  assert.equal(libc.connect(fd, pointerTo(address), 16), 0);
  const tookMs = performance.now() - begun;
  const age = handshakeAge(fd, 60_000);
  libc.close(fd);
  assert.ok(age < 60_000 && age >= 60_000 - tookMs - 1, `${age} ${tookMs}`);
});

Deno.test("what is no connection has no age", () => {
  assert.equal(handshakeAge(-1, 60_000), 0);
});
