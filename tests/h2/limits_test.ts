import assert from "node:assert/strict";
import {
  ConnectionLimiter,
  defaultConnectionLimits,
  defaultLimits,
  resolveLimits,
} from "../../lib/h2/mod.ts";

Deno.test("limits left out have their defaults", () => {
  assert.deepEqual(resolveLimits(), defaultLimits);
  assert.equal(resolveLimits({ idleMs: 5 }).idleMs, 5);
  assert.equal(resolveLimits({ idleMs: 5 }).handshakeMs, defaultLimits.handshakeMs);
});

Deno.test("limits that the RFC rules out are refused with the bounds", () => {
  assert.throws(() => resolveLimits({ maxFrameSize: 1000 }), {
    message: "HTTP/2 limit maxFrameSize is 1000: must be between 16384 and 16777215",
  });
  assert.throws(() => resolveLimits({ connectionWindow: 65_534 }), /between 65535 and 2147483647/);
  assert.throws(() => resolveLimits({ streamWindow: 2 ** 31 }), /streamWindow is 2147483648/);
  assert.throws(() => resolveLimits({ maxConcurrentStreams: NaN }), /maxConcurrentStreams is NaN/);
});

Deno.test("limits may be as low and as high as their bounds", () => {
  const bounds: [name: keyof typeof defaultLimits, least: number, most: number][] = [
    ["maxFrameSize", 16_384, 16_777_215],
    ["streamWindow", 0, 2_147_483_647],
    ["connectionWindow", 65_535, 2_147_483_647],
    ["idleMs", 0, Number.MAX_SAFE_INTEGER],
    ["maxConcurrentStreams", 0, Number.MAX_SAFE_INTEGER],
  ];
  for (const [name, least, most] of bounds) {
    for (const value of [least, most]) assert.equal(resolveLimits({ [name]: value })[name], value);
    for (const value of [least - 1, most + 1]) {
      assert.throws(() => resolveLimits({ [name]: value }), {
        name: "RangeError",
        message: `HTTP/2 limit ${name} is ${value}: must be between ${least} and ${most}`,
      });
    }
  }
});

Deno.test("without other limits 1,024 connections are let in, 256 of them from one peer", () => {
  assert.deepEqual(defaultConnectionLimits, { connections: 1024, connectionsPerPeer: 256 });
  const limiter = new ConnectionLimiter();
  const admitted = (peer: string, count: number) =>
    Array.from({ length: count }, () => limiter.admit(peer)).filter(Boolean).length;
  assert.equal(admitted("192.0.2.1", 300), 256);
  assert.equal(limiter.count, 256);
  for (const peer of ["192.0.2.2", "192.0.2.3"]) assert.equal(admitted(peer, 256), 256);
  assert.equal(admitted("192.0.2.4", 100) + admitted("192.0.2.5", 200), 256);
  assert.equal(limiter.refusal("192.0.2.6"), "the limit of 1024 connections is reached");
  assert.equal(
    limiter.refusal("192.0.2.1"),
    "the limit of 256 connections per peer is reached",
  );
});

Deno.test("a peer that is gone is as good as new, one that is not keeps its count", () => {
  const limiter = new ConnectionLimiter({ connectionsPerPeer: 2 });
  const leaves = ["a", "a", "b"].map((peer) => limiter.admit(peer));
  leaves[0]?.();
  assert.ok(limiter.admit("a"));
  assert.equal(limiter.admit("a"), undefined);
  for (const leave of leaves) leave?.();
  assert.ok(limiter.admit("a"));
  assert.equal(limiter.admit("a"), undefined);
  assert.equal(limiter.count, 2);
});

Deno.test("connections are limited in all and per peer, and leave room when they go", () => {
  const limiter = new ConnectionLimiter({ connections: 3, connectionsPerPeer: 2 });
  const leave = limiter.admit("192.0.2.1");
  assert.ok(leave && limiter.admit("192.0.2.1"));
  assert.equal(limiter.admit("192.0.2.1"), undefined);
  assert.ok(limiter.admit("192.0.2.2"));
  assert.equal(limiter.admit("192.0.2.3"), undefined);
  assert.match(limiter.refusal("192.0.2.1") ?? "", /limit of 2 connections per peer/);
  assert.match(limiter.refusal("192.0.2.3") ?? "", /limit of 3 connections is/);
  leave();
  leave();
  assert.equal(limiter.count, 2);
  assert.ok(limiter.admit("192.0.2.1"));
  assert.equal(limiter.admit("192.0.2.2"), undefined);
});
