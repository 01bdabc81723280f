import assert from "node:assert/strict";
import { ConnectionLimiter, defaultLimits, resolveLimits } from "../../lib/h2/mod.ts";

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
