import assert from "node:assert/strict";
import { nanoseconds } from "../../../lib/api/convert/time.ts";

Deno.test("times that are no numbers become 0 instead of an exception", () => {
  assert.deepEqual([NaN, Infinity, 1.0000005, 0].map(nanoseconds), [0n, 0n, 1_000_001n, 0n]);
});
