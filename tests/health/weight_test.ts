import assert from "node:assert/strict";
import {
  backendStates,
  type Circumstances,
  judgeWeight,
  type Verdict,
  weightRules,
} from "../../lib/health/mod.ts";
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

/** All that can be, with a weight and without. */
function* allCircumstances(): Generator<Circumstances> {
  for (const state of backendStates) {
    for (const untested of [false, true]) {
      for (const drain of [undefined, "draining", "overdue"] as const) {
        for (const held of [undefined, "configured", "kept", "nothing"] as const) {
          for (const risen of [undefined, 10, 50, 100]) {
            for (const isFlapping of [false, true]) {
              const standing = { state, untested, drain, held, risen, isFlapping };
              yield* inFrontends(standing);
            }
          }
        }
      }
    }
  }
}

function* inFrontends(standing: Circumstances["standing"]): Generator<Circumstances> {
  for (const configured of [0, 1, 50]) {
    for (const pool of ["active", "held", "standby"] as const) {
      for (const flushOnDown of [false, true]) {
        yield { standing, configured, pool, flushOnDown };
      }
    }
  }
}

/** The same as the rules, said the other way round: what has to be so for each outcome. */
function modelOf({ standing, configured, pool, flushOnDown }: Circumstances): string {
  const { state, untested, drain, held, risen = 100, isFlapping } = standing;
  const isInActivePool = pool === "active";
  const isDrained = drain !== undefined;
  const isOut = ["paused", "disabled", "removed"].includes(state);
  if (!isOut && !isDrained && untested) return "kept";
  if (!isOut && !isDrained && state === "up" && isInActivePool && configured > 0) {
    const part = Math.max(1, configured * risen / 100);
    if (risen < 100) return `${part} slow-start ${risen}`;
    return `${configured} carries`;
  }
  if (!isOut && !isDrained && state === "down" && held === "kept") return "kept fail-open";
  if (!isOut && !isDrained && state === "down" && held === "configured") {
    if (["active", "held"].includes(pool) && configured > 0) return `${configured} fail-open`;
  }
  const isGone = state === "disabled" || state === "removed";
  const isOverdue = drain === "overdue";
  const isFoundDown = state === "down" && flushOnDown && held === undefined;
  const flush = isGone || isOverdue || isFoundDown ? " flush" : "";
  const why = isOut
    ? `not-up ${state}`
    : isDrained
    ? `draining ${isOverdue}`
    : state === "down" && isFlapping
    ? "flap-hold"
    : state !== "up"
    ? `not-up ${state}`
    : isInActivePool
    ? "zero"
    : "standby";
  return `0 ${why}${flush}`;
}

function told({ weight, flush, reason }: Verdict): string {
  const more = reason.kind === "not-up"
    ? ` ${reason.state}`
    : reason.kind === "draining"
    ? ` ${reason.isOverdue}`
    : reason.kind === "slow-start"
    ? ` ${reason.percent}`
    : "";
  if (reason.kind === "kept") return `${weight}`;
  return `${weight} ${reason.kind}${more}${flush ? " flush" : ""}`;
}

Deno.test("the rules say what the model does, in all circumstances", () => {
  let seen = 0;
  for (const of of allCircumstances()) {
    assert.equal(told(judgeWeight(of)), modelOf(of), JSON.stringify(of));
    seen++;
  }
  assert.equal(seen, 6 * 2 * 3 * 4 * 4 * 2 * 3 * 3 * 2);
});

Deno.test("who was not probed yet gets what it had before where VPP has nothing", () => {
  let seen = 0;
  for (const of of allCircumstances()) {
    const { weight, otherwise } = judgeWeight(of);
    const { state, untested, drain } = of.standing;
    if (!untested || drain || !["unknown", "up", "down"].includes(state)) {
      assert.equal(otherwise, undefined);
      continue;
    }
    assert.equal(weight, "kept");
    const believed = judgeWeight({ ...of, standing: { ...of.standing, untested: false } }).weight;
    assert.equal(otherwise, believed === "kept" ? undefined : believed, JSON.stringify(of));
    seen++;
  }
  assert.equal(seen, 3 * 4 * 4 * 2 * 3 * 3 * 2);
});

Deno.test("every rule decides something", () => {
  const deciding = new Set(
    [...allCircumstances()].map((of) => weightRules.find(({ applies }) => applies(of))?.name),
  );
  assert.deepEqual([...deciding].sort(), weightRules.map(({ name }) => name).sort());
});

Deno.test("the guide has the rules in their order", async () => {
  const guide = await Deno.readTextFile(new URL("../../docs/healthchecks.md", import.meta.url));
  const section = guide.split("## Which weight a backend has")[1]?.split("\n## ")[0] ?? "";
  const names = section.split("\n").filter((line) => /^\| \d/.test(line))
    .map((line) => line.split("|")[2]?.trim());
  assert.deepEqual(names, weightRules.map(({ name }) => name));
});

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
