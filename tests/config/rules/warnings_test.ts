import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bucketsByWeight,
  countWeights,
  enoughBuckets,
  usefulDivisor,
  wrongShare,
} from "../../../lib/config/rules/warnings.ts";
import { formatOutcome, parseConfig } from "../../../lib/config/mod.ts";
import { maglevTable } from "../../../lib/maglev/mod.ts";
import { head } from "../support/valid.ts";

function shares(weights: readonly number[], buckets: number): [number, number][] {
  const found = bucketsByWeight(countWeights(weights), buckets);
  return Array.from(found, ([weight, got]) => [weight, Math.round(got)]);
}

const many = (servers: number, weight: number) => Array<number>(servers).fill(weight);

Deno.test("shares are those that a real VPP was seen to give", () => {
  assert.deepEqual(shares([100, 50, 30], 1024), [[30, 180], [50, 297], [100, 547]]);
  assert.deepEqual(shares([100, 50], 1024), [[50, 350], [100, 674]]);
  const uneven = [...many(20, 100), ...many(20, 50)];
  assert.deepEqual(shares(uneven, 1024), [[50, 26], [100, 26]]);
  assert.deepEqual(shares(uneven, 16_384), [[50, 285], [100, 535]]);
  const tens = Array.from({ length: 20 }, (_, i) => 10 * (i % 10 + 1));
  assert.deepEqual(shares(tens, 1024).slice(-3), [[80, 77], [90, 77], [100, 77]]);
});

Deno.test("shares are those of the table, give or take the bucket that not all can have", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(weights, fc.integer({ min: 0, max: 11 }), (weights, power) => {
      const buckets = 2 ** power;
      const servers = weights.map((weight, i) => ({
        index: i + 1,
        weight,
        address: new Uint8Array([...Array(15).fill(0), i + 1]),
      }));
      const got = new Map(servers.map(({ index }) => [index, 0]));
      for (const index of maglevTable(servers, buckets)) got.set(index, (got.get(index) ?? 0) + 1);
      const expected = bucketsByWeight(countWeights(weights), buckets);
      for (const { index, weight } of servers) {
        const off = (got.get(index) ?? 0) - (expected.get(weight) ?? NaN);
        assert.ok(Math.abs(off) < 1, `weight ${weight} of ${weights} in ${buckets}: off by ${off}`);
      }
    }),
    { seed: 17, numRuns: 500 },
  );
});

Deno.test("a share is wrong if it is off by more than a twentieth and more than a bucket", () => {
  const wrong = (weights: readonly number[], buckets: number) =>
    wrongShare(countWeights(weights), buckets);
  assert.equal(wrong([100, 100, 100], 1024), undefined);
  assert.equal(wrong([30, 50, 100], 1024)?.weight, 30);
  assert.equal(wrong([49, ...many(5, 84)], 1024), undefined); // 4.999 %
  assert.equal(wrong([10, 58, 58], 1024), undefined); // 5 %
  assert.equal(wrong([8, ...many(5, 49)], 1024)?.weight, 8); // 5.005 %
  assert.equal(wrong([1, ...many(10, 100)], 1024), undefined); // 2 buckets instead of 1.02
  assert.equal(wrong([2, ...many(10, 100)], 1024)?.weight, 2); // 4 buckets instead of 2.04
  // Of two that are off, the one that is further off.
  assert.equal(wrong([...many(20, 100), ...many(20, 50)], 1024)?.weight, 50);
  assert.equal(wrong([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 100, 450], 1024)?.weight, 450);
});

Deno.test("weights that the table cannot tell apart are wrong, however near they are", () => {
  const wrong = (weights: readonly number[], buckets: number) =>
    wrongShare(countWeights(weights), buckets);
  assert.deepEqual(wrong([2, 6], 4), { weight: 6, buckets: 2, fair: 3 });
  assert.equal(wrong([...many(20, 95), ...many(20, 100)], 1024)?.weight, 100);
  assert.equal(wrong([...many(5, 95), ...many(5, 100)], 1024)?.weight, undefined);
});

Deno.test("a table is long enough when no share is wrong and each server has one", () => {
  const enough = (weights: readonly number[], buckets: number) =>
    enoughBuckets(countWeights(weights), buckets);
  assert.equal(enough([...many(20, 100), ...many(20, 50)], 1024), 16_384);
  assert.equal(enough(many(5, 1), 2), 8);
  assert.equal(enough(many(8, 1), 2), 8);
  assert.equal(enough([1, 1], 2 ** 19), 2 ** 20);
  assert.equal(enough([1, 1], 2 ** 20), undefined);
});

Deno.test("weights are to be divided only by what brings them into proportion", () => {
  const divisor = (weights: readonly number[], buckets: number) =>
    usefulDivisor(countWeights(weights), buckets);
  assert.equal(divisor([...many(20, 100), ...many(20, 50)], 1024), 50);
  assert.equal(divisor([60, 90], 64), 30);
  assert.equal(divisor([60, 91], 64), undefined);
  assert.equal(divisor([...many(10, 100), ...many(10, 70)], 128), undefined);
  assert.equal(divisor(many(64, 100), 64), 100);
  assert.equal(divisor(many(65, 100), 64), undefined);
});

function servers(line: (i: number) => string): string[] {
  return Array.from({ length: 9000 }, (_, i) => line(i));
}

Deno.test("where no table is long enough and no divisor helps, smaller weights are asked for", () => {
  const text = [
    `${head.replace("lb: {", "lb: { buckets: 1048576,")}  healthchecks: { c: { type: icmp } }`,
    "  backends:",
    ...servers((i) => `    b${i}: { address: 10.1.${i >> 8}.${i & 255}, healthcheck: c }`),
    "  frontends:",
    "    f:",
    "      address: 192.0.2.1",
    "      fail-open: never",
    "      pools:",
    "        - name: p",
    "          backends:",
    ...servers((i) => `            b${i}: { weight: ${i % 10 < 3 ? 51 : 100} }`),
  ].join("\n");
  const shown = formatOutcome(parseConfig(text, "x")).split("\n");
  assert.equal(
    shown[0],
    "x:9013:13: maglev.frontends.f.pools[0].backends: warning: the weights add up to 767700, " +
      "which 1048576 buckets cannot keep in proportion: a weight of 51 gets 82 of them, not 70; " +
      "only smaller weights can",
  );
});
