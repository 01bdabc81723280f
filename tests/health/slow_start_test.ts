import assert from "node:assert/strict";
import fc from "fast-check";
import {
  FrontendTally,
  partOf,
  roleOf,
  slowStartPercent,
  slowStartStep,
  slowStartStepAt,
  slowStartSteps,
} from "../../lib/health/mod.ts";

Deno.test("the first step is at once, the last one at the end", () => {
  assert.equal(slowStartSteps, 10);
  const moments = [0, 999, 1_000, 4_500, 8_999, 9_000, 100_000];
  assert.deepEqual(moments.map((ms) => slowStartStep(ms, 9_000)), [1, 1, 2, 5, 9, 10, 10]);
  assert.deepEqual([1, 2, 10].map((step) => slowStartStepAt(step, 9_000)), [0, 1_000, 9_000]);
  assert.deepEqual([1, 5, 10].map(slowStartPercent), [10, 50, 100]);
});

Deno.test("a step begins when it is said to, whatever the time", () => {
  const time = fc.integer({ min: 1, max: 3_600_000 });
  const step = fc.integer({ min: 2, max: slowStartSteps });
  fc.assert(fc.property(time, step, (overMs, step) => {
    const at = slowStartStepAt(step, overMs);
    assert.ok(slowStartStep(at, overMs) >= step);
    assert.ok(at === 0 || slowStartStep(at - 1, overMs) < step);
  }));
});

Deno.test("a part of a weight is between 1 and all of it", () => {
  assert.deepEqual([partOf(100, 10), partOf(3, 10), partOf(1, 50), partOf(7, 100)], [10, 1, 1, 7]);
  assert.deepEqual([partOf(50, 30), partOf(100, 60)], [15, 60]);
});

Deno.test("who has just come up counts as up, but does not warm its pool", () => {
  assert.equal(roleOf({ state: "up", untested: false, risen: 100 }), "rising");
  assert.equal(roleOf({ state: "down", untested: false, risen: 10 }), "down");
  assert.equal(roleOf({ state: "up", untested: false }), "up");
  const tally = new FrontendTally(2);
  tally.add(0, 100, "rising");
  assert.deepEqual([tally.activePool, tally.weight, tally.state], [0, 100, "up"]);
  assert.deepEqual(tally.census, { up: 1, down: 0, awaited: 0 });
  assert.deepEqual([tally.hasRising, tally.isWarm(0), tally.isWarm(1)], [true, false, false]);
  tally.add(0, 50, "up");
  tally.add(1, 50, "held");
  assert.deepEqual([tally.isWarm(0), tally.isWarm(1), tally.weight], [true, true, 200]);
  assert.deepEqual([tally.copy().hasRising, tally.copy().weight], [true, 200]);
  tally.moved(0, 100, "rising", "up");
  assert.equal(tally.hasRising, false);
});
