import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type FailOpen,
  failsOpen,
  FrontendTally,
  heldBy,
  inUse,
  judgeWeight,
  nextLastUse,
  noticeMs,
  presumedInUse,
  roleOf,
} from "../../lib/health/mod.ts";

Deno.test("fail-open begins when the share is missed even if all that are awaited are up", () => {
  const rows: readonly [FailOpen, up: number, down: number, awaited: number, begins: boolean][] = [
    ["never", 0, 4, 0, false],
    ["all-down", 0, 4, 0, true],
    ["all-down", 0, 1, 0, true],
    ["all-down", 1, 3, 0, false],
    ["all-down", 0, 3, 1, false],
    ["all-down", 0, 0, 0, false],
    [50, 2, 2, 0, false],
    [50, 1, 2, 0, true],
    [50, 1, 2, 1, false],
    [50, 0, 0, 0, false],
    [100, 3, 1, 0, true],
    [100, 4, 0, 0, false],
    [1, 0, 4, 0, true],
    [1, 1, 99, 0, false],
    [1, 1, 100, 0, true],
  ];
  for (const [setting, up, down, awaited, begins] of rows) {
    const text = `${setting}: ${up} up, ${down} down, ${awaited} awaited`;
    assert.equal(failsOpen(setting, { up, down, awaited }, false), begins, text);
  }
});

Deno.test("of four backends and a fallback of two, as many count as the guide says", () => {
  const begins = (setting: FailOpen, up: number) =>
    failsOpen(setting, { up, down: 6 - up, awaited: 0 }, false);
  assert.deepEqual([3, 2].map((up) => begins(50, up)), [false, true]);
  assert.deepEqual([33, 34].map((setting) => begins(setting, 2)), [false, true]);
});

Deno.test("fail-open ends only when the share is reached by those that are known to be up", () => {
  const rows: readonly [FailOpen, up: number, down: number, awaited: number, lasts: boolean][] = [
    ["never", 0, 4, 0, false],
    ["all-down", 0, 3, 1, true],
    ["all-down", 1, 3, 0, false],
    ["all-down", 0, 0, 0, false],
    [50, 1, 2, 1, true],
    [50, 2, 2, 0, false],
    [50, 2, 1, 2, true],
    [50, 0, 0, 0, false],
  ];
  for (const [setting, up, down, awaited, lasts] of rows) {
    const text = `${setting}: ${up} up, ${down} down, ${awaited} awaited`;
    assert.equal(failsOpen(setting, { up, down, awaited }, true), lasts, text);
  }
});

Deno.test("who was in use is who had a weight until its check failed", () => {
  assert.deepEqual(nextLastUse(undefined, 50, false, 7), inUse);
  assert.deepEqual(nextLastUse(undefined, 1, false, 7), inUse);
  assert.deepEqual(nextLastUse(inUse, 0, true, 7), { until: 7, weight: "configured" });
  const gone = { until: 7, weight: "configured" } as const;
  assert.equal(nextLastUse(gone, 0, true, 9), gone, "it went when it went");
  assert.equal(nextLastUse(undefined, 0, true, 9), undefined, "it was down before");
  assert.equal(nextLastUse(gone, 0, false, 9), undefined, "somebody took it out meanwhile");
  assert.equal(nextLastUse(gone, "kept", true, 9), gone);
  assert.deepEqual(nextLastUse(presumedInUse, 0, true, 9), { until: 9, weight: "kept" });
  assert.equal(heldBy(gone, 7), "configured");
  assert.equal(heldBy(gone, 8), "nothing");
  assert.equal(heldBy(undefined, 0), "nothing");
  assert.equal(heldBy(presumedInUse, 8), "kept");
});

Deno.test("a check notices death within an interval and the failures that follow it", () => {
  const check = { intervalMs: 2_000, fastIntervalMs: 500, downIntervalMs: 1, timeoutMs: 1_000 };
  assert.equal(noticeMs({ ...check, rise: 2, fall: 1 }), 2_200 + 1_000);
  assert.equal(noticeMs({ ...check, rise: 2, fall: 3 }), 2_200 + 2 * 1_000 + 1_000);
  const slow = { ...check, fastIntervalMs: 2_000, rise: 2, fall: 3 };
  assert.equal(noticeMs(slow), 2_200 + 2 * 2_200 + 1_000);
});

Deno.test("of those that are held, the most preferred pool and the active one carry", () => {
  const tally = new FrontendTally(2);
  tally.add(0, 100, "held");
  tally.add(0, 50, "down");
  tally.add(1, 30, "up");
  assert.deepEqual([tally.activePool, tally.weight, tally.state], [1, 130, "up"]);
  assert.deepEqual([0, 1].map((pool) => tally.poolRole(pool)), ["held", "active"]);
  assert.deepEqual(tally.census, { up: 1, down: 2, awaited: 0 });
  tally.moved(1, 30, "up", "held");
  assert.deepEqual([tally.activePool, tally.weight, tally.state], [0, 100, "up"]);
  tally.moved(0, 100, "held", "down");
  assert.deepEqual([tally.activePool, tally.weight, tally.state], [1, 30, "up"]);
  tally.add(1, 5, "up");
  assert.equal(tally.weight, 35, "together with who is up");
  assert.deepEqual([0, 1].map((pool) => tally.poolRole(pool)), ["standby", "active"]);
  assert.equal(roleOf({ state: "down", untested: false, held: "configured" }), "held");
  assert.equal(roleOf({ state: "down", untested: false, held: "kept" }), "down");
  const three = new FrontendTally(3);
  three.add(0, 0, "held");
  three.add(1, 7, "held");
  three.add(2, 9, "held");
  assert.deepEqual([three.activePool, three.heldPool, three.weight], [1, 1, 7]);
  three.add(0, 1, "up");
  assert.deepEqual([three.activePool, three.heldPool, three.weight], [0, 1, 8]);
  assert.deepEqual([0, 1, 2].map((pool) => three.poolRole(pool)), ["active", "held", "standby"]);
  three.add(0, 5, "held");
  assert.deepEqual([three.heldPool, three.weight], [0, 6]);
  assert.deepEqual([0, 1, 2].map((pool) => three.isWarm(pool)), [true, true, true]);
  const light = new FrontendTally(2);
  light.add(1, 1, "held");
  assert.deepEqual([light.activePool, light.isWarm(1), light.copy().weight], [1, true, 1]);
});

Deno.test("fail-open never lowers a weight, and never moves flows", () => {
  const circumstances = fc.record({
    configured: fc.integer({ min: 0, max: 100 }),
    pool: fc.constantFrom("active", "held", "standby" as const),
    flushOnDown: fc.boolean(),
  });
  const held = fc.constantFrom("configured", "kept", "nothing" as const);
  const state = fc.constantFrom("up", "down", "unknown" as const);
  fc.assert(fc.property(circumstances, held, state, (of, held, state) => {
    const with_ = judgeWeight({ ...of, standing: { state, untested: false, held } });
    const without = judgeWeight({ ...of, standing: { state, untested: false } });
    assert.equal(with_.flush, false);
    assert.ok(typeof without.weight === "number");
    assert.ok(with_.weight === "kept" || with_.weight >= without.weight);
  }));
});
