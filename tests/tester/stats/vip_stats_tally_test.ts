import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { Tally } from "../../../lib/tester/stats/vip_stats.ts";

Deno.test("a value is bright for five seconds after it came", () => {
  const tally = new Tally();
  tally.add("web2", 0);
  tally.add("web1", 1_000);
  tally.add("web2", 1_500);
  tally.add(undefined, 1_500);
  const values = (now: number) =>
    tally.values(now).map(({ value, count, isRecent }) => `${value} ${count} ${isRecent}`);
  deepEqual(values(5_999), ["web1 1 true", "web2 2 true"]);
  deepEqual(values(6_000), ["web1 1 false", "web2 2 true"]);
  equal(tally.without, 1);
});

Deno.test("a tally holds 32 values whatever comes, and loses no count", () => {
  const step = fc.tuple(fc.nat(80), fc.nat(2_000));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const tally = new Tally();
      let now = 0;
      for (const [value, wait] of steps) tally.add(`v${value}`, now += wait);
      const values = tally.values(now);
      equal(values.length <= 32, true);
      equal(values.reduce((sum, { count }) => sum + count, tally.others), steps.length);
    }),
  );
});

Deno.test("a new value takes the place of the one not seen for longest, unless that is recent", () => {
  const tally = new Tally();
  for (let i = 10; i < 42; i++) tally.add(`v${i}`, i);
  tally.add("v10", 50);
  tally.add("new", 5_010);
  equal(tally.others, 1);
  tally.add("new", 5_011);
  equal(tally.others, 2);
  const values = tally.values(5_011).map(({ value }) => value);
  deepEqual([values.includes("v10"), values.includes("v11"), values.includes("new")], [
    ...[true, false, true],
  ]);
});

Deno.test("a value is kept up to 64 characters", () => {
  const tally = new Tally();
  tally.add("x".repeat(64), 0);
  tally.add("y".repeat(65), 0);
  deepEqual(tally.values(0).map(({ value }) => value), ["x".repeat(64), `${"y".repeat(63)}…`]);
});
