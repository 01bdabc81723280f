import assert from "node:assert/strict";
import { defaultLimits, resolveLimits } from "../../lib/h2/mod.ts";

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
