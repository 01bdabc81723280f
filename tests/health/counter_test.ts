import assert from "node:assert/strict";
import fc from "fast-check";
import { count, counterMax, counterStart, isHealthy, nextDelay } from "../../lib/health/mod.ts";

const check = { rise: 2, fall: 3, intervalMs: 2000, fastIntervalMs: 500, downIntervalMs: 5000 };

const riseFall = fc.record({
  rise: fc.integer({ min: 1, max: 12 }),
  fall: fc.integer({ min: 1, max: 12 }),
});

function run(start: number, results: string, rise: number, fall: number): number[] {
  let counter = start;
  return [...results].map((result) => counter = count(counter, result === "+", { rise, fall }));
}

Deno.test("passes climb one by one and jump to the maximum on reaching rise", () => {
  assert.deepEqual(run(0, "++++", 3, 2), [1, 2, 4, 4]);
});

Deno.test("failures step down to rise, and the next one falls to 0", () => {
  assert.deepEqual(run(4, "----", 3, 2), [3, 0, 0, 0]);
  assert.deepEqual(run(4, "---", 2, 3), [3, 2, 0]);
});

Deno.test("one failure undoes the passes of a backend that is down", () => {
  assert.deepEqual(run(0, "++-+++", 3, 3), [1, 2, 0, 1, 2, 5]);
});

Deno.test("one pass undoes the failures of a backend that is up", () => {
  assert.deepEqual(run(4, "--+---", 2, 3), [3, 2, 4, 3, 2, 0]);
});

Deno.test("with rise 1 and fall 1 each result decides", () => {
  assert.deepEqual(run(0, "+-+", 1, 1), [1, 0, 1]);
});

Deno.test("from unknown one pass leads up and one failure down, whatever rise and fall", () => {
  fc.assert(
    fc.property(riseFall, (check) => {
      assert.equal(count(counterStart(check), true, check), counterMax(check));
      assert.equal(count(counterStart(check), false, check), 0);
    }),
    { seed: 2 },
  );
});

Deno.test("rise passes in a row bring a dead backend up and no fewer do", () => {
  fc.assert(
    fc.property(riseFall, (check) => {
      let counter = 0;
      for (let passes = 1; passes <= check.rise; passes++) {
        counter = count(counter, true, check);
        assert.equal(isHealthy(counter, check), passes >= check.rise);
      }
      assert.equal(counter, counterMax(check));
    }),
    { seed: 2 },
  );
});

Deno.test("fall failures in a row take a healthy backend down and no fewer do", () => {
  fc.assert(
    fc.property(riseFall, (check) => {
      let counter = counterMax(check);
      for (let failures = 1; failures <= check.fall; failures++) {
        counter = count(counter, false, check);
        assert.equal(isHealthy(counter, check), failures < check.fall);
      }
      assert.equal(counter, 0);
    }),
    { seed: 2 },
  );
});

Deno.test("the counter stays between 0 and rise + fall - 1", () => {
  fc.assert(
    fc.property(riseFall, fc.array(fc.boolean(), { maxLength: 100 }), (check, results) => {
      let counter = counterStart(check);
      for (const passed of results) {
        counter = count(counter, passed, check);
        assert.ok(counter >= 0 && counter <= counterMax(check));
      }
    }),
    { seed: 2 },
  );
});

Deno.test("the next probe comes after the interval that state and counter call for", () => {
  const cases = [
    ["unknown", 1, 500],
    ["up", 4, 2000],
    ["up", 3, 500],
    ["up", 2, 500],
    ["down", 0, 5000],
    ["down", 1, 500],
  ] as const;
  for (const [state, counter, delay] of cases) {
    assert.equal(nextDelay(state, counter, check), delay, `${state} ${counter}`);
  }
});

Deno.test("unknown probes fast even where its counter is an extreme", () => {
  const one = { ...check, rise: 1, fall: 1 };
  assert.equal(nextDelay("unknown", 0, one), 500);
});
