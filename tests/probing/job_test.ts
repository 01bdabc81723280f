import assert from "node:assert/strict";
import { probeTimes } from "../../lib/probing/job.ts";

function timesOf(...durations: number[]) {
  return probeTimes(Float32Array.from(durations));
}

Deno.test("a figure of durations is one that was measured, by nearest rank", () => {
  assert.equal(timesOf(), undefined);
  assert.deepEqual(timesOf(7), { count: 1, p50: 7, p95: 7, max: 7 });
  assert.deepEqual(timesOf(9, 1), { count: 2, p50: 1, p95: 9, max: 9 });
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.deepEqual(timesOf(...hundred), { count: 100, p50: 50, p95: 95, max: 100 });
  assert.deepEqual(timesOf(...hundred.slice(80)), { count: 20, p50: 10, p95: 19, max: 20 });
});
