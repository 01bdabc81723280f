import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { percentile, RollingWindow } from "../../../lib/tester/stats/window.ts";

/** The same by sorting all that is left: the percentile is the least that enough do not exceed. */
function model(
  tries: readonly (readonly [at: number, ms: number | undefined])[],
  now: number,
  most: number,
) {
  const left = tries.filter(([at]) => at > now - 1000).slice(-most);
  const ms = left.flatMap(([, each]) => each === undefined ? [] : [each]).sort((a, b) => a - b);
  const rank = (percent: number) =>
    ms.find((each) => ms.filter((other) => other <= each).length * 100 >= percent * ms.length);
  return {
    tries: left.length,
    failures: left.length - ms.length,
    ...{ p50: rank(50), p95: rank(95), p99: rank(99), max: ms.at(-1) },
  };
}

const step = fc.tuple(fc.nat(40), fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }));

Deno.test("a window holds what a list of the latest tries would", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300 }),
      fc.integer({ min: 1, max: 150 }),
      (steps, most) => {
        const window = new RollingWindow({ forMs: 1000, most });
        const tries: [number, number | undefined][] = [];
        let now = 0;
        for (const [i, [wait, ms]] of steps.entries()) {
          now += wait;
          window.add(now, ms);
          tries.push([now, ms]);
          if (i % 7 === 0) deepEqual(window.summary(now), model(tries, now, most));
        }
        deepEqual(window.summary(now + 500), model(tries, now + 500, most));
        deepEqual(window.summary(now + 1000), model([], now, most));
      },
    ),
  );
});

Deno.test("percentiles are in order, and each is one of the values", () => {
  const values = fc.float64Array({ minLength: 1, noNaN: true, maxLength: 50 });
  fc.assert(
    fc.property(values, (array) => {
      array.sort();
      const found = [1, 50, 95, 99, 100].map((percent) => percentile(array, percent) ?? NaN);
      found.reduce((less, more) => (equal(less <= more, true), more));
      equal(found.every((each) => array.includes(each)), true);
      equal(found.at(-1), array.at(-1));
    }),
  );
});

Deno.test("an empty window knows nothing", () => {
  const unknown = { p50: undefined, p95: undefined, p99: undefined, max: undefined };
  const window = new RollingWindow({ forMs: 1000, most: 10 });
  deepEqual(window.summary(0), { tries: 0, failures: 0, ...unknown });
  window.add(1, undefined);
  deepEqual(window.summary(1), { tries: 1, failures: 1, ...unknown });
});

Deno.test("half of the answers took no longer than the median", () => {
  const window = new RollingWindow({ forMs: Infinity, most: 1000 });
  for (let ms = 1; ms <= 100; ms++) window.add(ms, ms);
  const { p50, p95, p99, max } = window.summary(1000);
  deepEqual([p50, p95, p99, max], [50, 95, 99, 100]);
});
