import assert from "node:assert/strict";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../lib/config/mod.ts";

Deno.test("durations are Go's, without signs", () => {
  const cases: [string, number][] = [
    ["0", 0],
    ["0s", 0],
    ["1h2m3.5s", 3_723_500],
    ["500ms", 500],
    ["1.5s", 1500],
    ["1us", 0.001],
    ["1µs", 0.001],
    ["1μs", 0.001],
    ["1ns", 0.000001],
    [".5s", 500],
    ["1.s", 1000],
    ["4.35s", 4350],
    ["1s1s", 2000],
    ["1m500ms", 60_500],
    ["0.1s", 100],
  ];
  for (const [text, ms] of cases) assert.equal(parseDuration(text), ms, text);
});

Deno.test("what Go would not read as a duration is none, and neither is a signed one", () => {
  const cases = [
    ...["", " ", "1", "00", "0.0", "s", ".s", "1 s", " 1s", "1s ", "1S", "1d", "1w", "1sec"],
    ...["-1s", "+1s", "-0", "1e3s", "1..5s", "1,5s", "1m-1s", "0x1s", "Infinity", "NaN"],
    "1s".repeat(40),
  ];
  for (const text of cases) assert.equal(parseDuration(text), undefined, text);
});

Deno.test("durations are printed so that they are read back the same", () => {
  const cases: [number, string][] = [
    [0, "0s"],
    [0.000001, "1ns"],
    [0.0015, "1.5us"],
    [250, "250ms"],
    [1500, "1.5s"],
    [90_000, "1m30s"],
    [3_600_000, "1h"],
    [3_723_500, "1h2m3.5s"],
    [10_000, "10s"],
    [60_000.000001, "1m0.000000001s"],
  ];
  for (const [ms, text] of cases) {
    assert.equal(formatDuration(ms), text);
    assert.equal(parseDuration(text), ms, text);
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 86_400_000_000 }), (us) => {
      assert.equal(parseDuration(formatDuration(us / 1000)), us / 1000);
    }),
    { seed: 3, numRuns: 2000 },
  );
});
