import assert from "node:assert/strict";
import fc from "fast-check";
import {
  backendInputs,
  type BackendState,
  backendStates,
  counterMax,
  counterStart,
  freshHealth,
  type Health,
  isHealthy,
  isProbed,
  recheck,
  remember,
  rules,
  step,
} from "../../lib/health/mod.ts";

const check = { rise: 2, fall: 3 };

/** A counter that goes with the state. */
function healthIn(state: BackendState): Health {
  const counters = { unknown: 1, up: 4, down: 0, paused: 0, disabled: 0, removed: 0 };
  return { state, counter: counters[state] };
}

/**
 * Where each input leads from each state: a state, `=` for no change at all, or the reason of a
 * refusal. Columns in the order of backendInputs.
 */
const disabled = "it is disabled; enable it first";
const gone = "it was removed from the configuration";
const expected: Record<BackendState, readonly string[]> = {
  //         pass   fail    pause     resume     disable     enable     remove
  unknown: ["up", "down", "paused", "=", "disabled", "=", "removed"],
  up: ["=", "up", "paused", "=", "disabled", "=", "removed"],
  down: ["down", "=", "paused", "=", "disabled", "=", "removed"],
  paused: ["=", "=", "=", "unknown", "disabled", "=", "removed"],
  disabled: ["=", "=", disabled, disabled, "=", "unknown", "removed"],
  removed: ["=", "=", gone, gone, gone, gone, "="],
};

for (const state of backendStates) {
  for (const [column, input] of backendInputs.entries()) {
    const want = expected[state][column];
    Deno.test(`${state} on ${input}: ${want}`, () => {
      const before = healthIn(state);
      const result = step(before, input, check);
      if (result.kind === "refused") return assert.equal(result.why, want);
      if (want === "=") {
        assert.equal(result.health, before);
        assert.equal(result.probing, "keep");
      } else {
        assert.equal(result.health.state, want);
      }
    });
  }
}

Deno.test("a transition into an unprobed state stops probing, into unknown starts it", () => {
  for (const state of backendStates) {
    for (const input of backendInputs) {
      const rule = rules[state][input];
      if (rule.kind === "go") {
        assert.equal(rule.probing, isProbed(rule.to) ? "start" : "stop", `${state} ${input}`);
      }
    }
  }
});

Deno.test("entering unknown sets the counter to rise - 1, leaving for good or a while to 0", () => {
  assert.deepEqual(freshHealth(true, check), { state: "unknown", counter: 1 });
  assert.deepEqual(freshHealth(false, check), { state: "disabled", counter: 0 });
  const resumed = step(healthIn("paused"), "resume", check);
  assert.ok(resumed.kind === "done" && resumed.health.counter === 1);
  const paused = step(healthIn("up"), "pause", check);
  assert.ok(paused.kind === "done" && paused.health.counter === 0);
});

Deno.test("a changed target leaves the verdict to the next result", () => {
  const now = { rise: 5, fall: 4 };
  const rows: readonly [BackendState, number, number][] = [
    // state, counter before (rise 2, fall 3), counter after
    ["unknown", 1, 4],
    ["up", 4, 5],
    ["up", 2, 5],
    ["down", 0, 4],
    ["down", 1, 4],
    ["paused", 0, 0],
    ["disabled", 0, 0],
    ["removed", 0, 0],
  ];
  for (const [state, counter, want] of rows) {
    assert.deepEqual(recheck({ state, counter }, check, now, "target"), { state, counter: want });
  }
  const up = recheck({ state: "up", counter: 4 }, check, now, "target");
  const down = recheck({ state: "down", counter: 0 }, check, now, "target");
  for (const health of [up, down]) {
    const [passed, failed] = [step(health, "pass", now), step(health, "fail", now)];
    assert.deepEqual(passed.kind === "done" && passed.health, { state: "up", counter: 8 });
    assert.deepEqual(failed.kind === "done" && failed.health, { state: "down", counter: 0 });
  }
});

Deno.test("changed timing clamps the counter and keeps the verdict", () => {
  const rows: readonly [BackendState, number, number, number, number][] = [
    // state, counter before (rise 2, fall 3), rise and fall since, counter after
    ["unknown", 1, 4, 3, 3],
    ["up", 4, 2, 3, 4],
    ["up", 4, 2, 9, 10],
    ["up", 4, 1, 1, 1],
    ["up", 3, 2, 9, 3],
    ["up", 3, 6, 9, 6],
    ["up", 3, 1, 1, 1],
    ["down", 1, 5, 1, 1],
    ["down", 1, 1, 1, 0],
    ["down", 0, 9, 9, 0],
    ["paused", 0, 9, 9, 0],
  ];
  for (const [state, counter, rise, fall, want] of rows) {
    assert.deepEqual(
      recheck({ state, counter }, check, { rise, fall }, "timing"),
      { state, counter: want },
      `${state} ${counter} to rise ${rise}, fall ${fall}`,
    );
  }
  const same: Health = { state: "up", counter: 3 };
  assert.equal(recheck(same, check, check, "timing"), same);
});

Deno.test("a result that changes only the counter is counted", () => {
  const failed = step({ state: "up", counter: 4 }, "fail", check);
  assert.deepEqual(failed, {
    kind: "done",
    health: { state: "up", counter: 3 },
    probing: "keep",
  });
  const passed = step({ state: "down", counter: 0 }, "pass", check);
  assert.ok(passed.kind === "done" && passed.health.counter === 1);
});

Deno.test("state and counter never contradict each other", () => {
  const walk = fc.tuple(
    fc.integer({ min: 1, max: 5 }),
    fc.integer({ min: 1, max: 5 }),
    fc.boolean(),
    fc.array(fc.constantFrom(...backendInputs), { maxLength: 60 }),
  );
  fc.assert(
    fc.property(walk, ([rise, fall, enabled, inputs]) => {
      const check = { rise, fall };
      let health = freshHealth(enabled, check);
      for (const input of inputs) {
        const result = step(health, input, check);
        if (result.kind === "refused") continue;
        health = result.health;
        const { state, counter } = health;
        assert.ok(counter >= 0 && counter <= counterMax(check));
        if (state === "up") assert.ok(isHealthy(counter, check));
        else assert.ok(!isHealthy(counter, check));
        if (state === "unknown") assert.equal(counter, counterStart(check));
        if (!isProbed(state)) assert.equal(counter, 0);
      }
    }),
    { seed: 3, numRuns: 300 },
  );
});

Deno.test("the history is newest first and bounded", () => {
  let history = remember<string>([], { from: "a", to: "b", at: 1 }, 2);
  history = remember(history, { from: "b", to: "c", at: 2 }, 2);
  history = remember(history, { from: "c", to: "d", at: 3 }, 2);
  assert.deepEqual(history.map(({ to }) => to), ["d", "c"]);
  assert.equal(remember(history, { from: "d", to: "e", at: 4 }, 1).length, 1);
});
