import assert from "node:assert/strict";
import { nextDue } from "../../lib/probing/next_due.ts";

/** Evenly spread, as a random number generator's are. */
const randoms = Array.from({ length: 1_000 }, (_, i) => i / 1_000);
const delays = [20, 100, 399, 400, 1_000, 5_000, 60_000];
const sizes = [1, 79, 80, 100, 2_000, 3_000, 6_400, 10_000, 100_000];

/** How far apart neighbours are among the moments that come up; 0 where there are no steps. */
function stepOf(delayMs: number, probed: number): number {
  const moments = new Set(randoms.map((random) => nextDue(0, delayMs, random, probed)));
  if (moments.size === randoms.length) return 0;
  const sorted = [...moments].sort((a, b) => a - b);
  return Math.min(...sorted.slice(1).map((moment, i) => moment - (sorted[i] ?? 0)));
}

Deno.test("the next probe is due a delay later, give or take a tenth, however many there are", () => {
  for (const probed of sizes) {
    for (const delayMs of delays) {
      for (const random of randoms) {
        const after = nextDue(12_345, delayMs, random, probed) - 12_345;
        assert.ok(after >= 0.9 * delayMs - 1e-6, `${probed} ${delayMs} ${random}: ${after}`);
        assert.ok(after <= 1.1 * delayMs + 1e-6, `${probed} ${delayMs} ${random}: ${after}`);
      }
    }
  }
});

Deno.test("all of the jitter is used, and the delay is right on average", () => {
  for (const probed of sizes) {
    for (const delayMs of delays) {
      const after = randoms.map((random) => nextDue(0, delayMs, random, probed) / delayMs);
      const mean = after.reduce((sum, each) => sum + each) / after.length;
      assert.ok(Math.abs(mean - 1) < 0.005, `${probed} ${delayMs}: ${mean}`);
      const step = stepOf(delayMs, probed) / delayMs;
      assert.ok(Math.min(...after) <= 0.901 + step, `${probed} ${delayMs}`);
      assert.ok(Math.max(...after) >= 1.099 - step, `${probed} ${delayMs}`);
    }
  }
});

Deno.test("where many are probed, they come in steps that are multiples of each other", () => {
  assert.equal(stepOf(1_000, 2_000), 40);
  assert.equal(stepOf(1_000, 4_000), 20);
  assert.equal(stepOf(5_000, 2_000), 160);
  assert.equal(stepOf(400, 2_000), 20);
  for (const random of randoms) {
    assert.equal(nextDue(777, 5_000, random, 2_000) % 160, 0);
    assert.equal(nextDue(777, 1_000, random, 2_000) % 40, 0);
  }
});

Deno.test("no step has more than 128 of them, nor is it wider than a twentieth of the delay", () => {
  for (const probed of sizes) {
    for (const delayMs of delays) {
      const step = stepOf(delayMs, probed);
      assert.ok(step <= delayMs / 20, `${probed} ${delayMs}: ${step}`);
      assert.ok(step * probed / delayMs <= 128, `${probed} ${delayMs}: ${step}`);
    }
  }
});

Deno.test("few, and those of short delays, keep moments of their own", () => {
  for (const [delayMs, probed] of [[1_000, 79], [399, 2_000], [1_000, 6_401]] as const) {
    assert.equal(stepOf(delayMs, probed), 0);
  }
  assert.equal(stepOf(1_000, 80), 40);
  assert.equal(stepOf(1_000, 6_400), 20);
});
