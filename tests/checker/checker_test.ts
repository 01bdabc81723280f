import assert from "node:assert/strict";
import { firstProbeWithinMs } from "../../lib/checker/checker.ts";
import { httpCheck, sketch } from "./support/bench.ts";

/** Within which time the first probe comes, by the check's intervals and the longest warm-up. */
function withinMs(
  startupMaxDelayMs: number,
  [intervalMs, fastIntervalMs]: readonly [number, number],
): number {
  const config = sketch({ backends: { a: {} } });
  const check = httpCheck("web", { intervalMs, fastIntervalMs });
  return firstProbeWithinMs({ ...config, lb: { ...config.lb, startupMaxDelayMs } }, check);
}

Deno.test("first probes are spread over a fast interval, a quarter of the warm-up at most", () => {
  assert.equal(withinMs(30_000, [60_000, 500]), 500);
  assert.equal(withinMs(30_000, [60_000, 60_000]), 7_500);
  assert.equal(withinMs(30_000, [60_000, 7_501]), 7_500);
  assert.equal(withinMs(30_000, [500, 7_499]), 7_499);
  assert.equal(withinMs(1_000, [60_000, 500]), 250);
});

Deno.test("without a warm-up first probes are spread over a second at most", () => {
  assert.equal(withinMs(0, [60_000, 60_000]), 1_000);
  assert.equal(withinMs(0, [60_000, 999]), 999);
});
