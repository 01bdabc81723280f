import assert from "node:assert/strict";
import {
  formatActor,
  formatAgo,
  formatAway,
  formatCount,
  formatDuration,
  formatIn,
  formatMeasured,
  formatOutcome,
  formatShare,
  formatSpan,
  formatTime,
  formatWeight,
  parseSpan,
  stripHostMask,
} from "../../lib/cli/format.ts";

const second = 1_000_000_000n;

Deno.test("a span shows its two largest units and no empty ones", () => {
  const spans: [number, string][] = [
    [0, "0ms"],
    [999.9, "999ms"],
    [1000, "1s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [252_000, "4m12s"],
    [3_600_000, "1h"],
    [3_605_000, "1h"],
    [90_000_000, "1d1h"],
    [86_400_000 + 300_000, "1d"],
    [13_600_000_000, "157d9h"],
    [-5, "0ms"],
  ];
  for (const [ms, expected] of spans) assert.equal(formatSpan(ms), expected, `${ms} ms`);
});

Deno.test("a configured duration is shown exactly", () => {
  const durations: [bigint, string][] = [
    [0n, "0s"],
    [1500n, "1.5µs"],
    [1_000_000n, "1ms"],
    [second / 4n, "250ms"],
    [999_999_000n, "999.999ms"],
    [second, "1s"],
    [60n * second, "1m"],
    [7200n * second + 60n * second, "2h1m"],
    [2n * second, "2s"],
    [90n * second, "1m30s"],
    [3600n * second, "1h"],
    [3661n * second + second / 2n, "1h1m1.5s"],
  ];
  for (const [ns, expected] of durations) assert.equal(formatDuration(ns), expected);
});

Deno.test("a measured duration has three digits", () => {
  assert.equal(formatMeasured(210_000n), "210µs");
  assert.equal(formatMeasured(1_234_000n), "1.23ms");
  assert.equal(formatMeasured(2n * second), "2.00s");
  // Rounded up, these are one of the next unit.
  assert.equal(formatMeasured(999_499n), "999µs");
  assert.equal(formatMeasured(999_500n), "1.00ms");
  assert.equal(formatMeasured(999_499_999n), "999ms");
  assert.equal(formatMeasured(999_500_000n), "1.00s");
  assert.equal(formatMeasured(999_499_999_999n), "999s");
  assert.equal(formatMeasured(1500n * second), "1500s");
});

Deno.test("what lies in the future is no time ago", () => {
  assert.equal(formatAgo(2_000_000n, 1), "0ms");
});

Deno.test("only host masks are left off", () => {
  assert.equal(stripHostMask("192.0.2.1/32"), "192.0.2.1");
  assert.equal(stripHostMask("2001:db8::1/128"), "2001:db8::1");
  assert.equal(stripHostMask("2001:db8::/32"), "2001:db8::/32");
  assert.equal(stripHostMask("192.0.2.0/24"), "192.0.2.0/24");
});

Deno.test("counters are grouped in threes", () => {
  assert.equal(formatCount(0n), "0");
  assert.equal(formatCount(999n), "999");
  assert.equal(formatCount(1000n), "1,000");
  assert.equal(formatCount(1234567n), "1,234,567");
});

Deno.test("a time is to come until it is past", () => {
  const at = Date.UTC(2026, 0, 2);
  const ns = BigInt(at) * 1_000_000n;
  assert.equal(formatIn(ns, at - 2000), "in 2s");
  assert.equal(formatIn(ns, at), "in 0ms");
  assert.equal(formatIn(ns, at + 60_000), "1m ago");
  assert.equal(formatAgo(ns, at + 60_000), "1m");
});

Deno.test("a time that is typed is the sum of its parts, each with a unit", () => {
  const spans: [string, number | undefined][] = [
    ["90s", 90_000],
    ["15m", 900_000],
    ["1h30m", 5_400_000],
    ["2d", 172_800_000],
    ["1d1h1m1s", 90_061_000],
    ["999999s", 999_999_000],
    ["0s", 0],
  ];
  for (const [text, ms] of spans) assert.equal(parseSpan(text), ms, text);
  for (const text of ["", "5", "s", "1000000s", "1.5s", "5ms", "-5s", "5s "]) {
    assert.equal(parseSpan(text), undefined, text);
  }
});

Deno.test("outcomes, shares, weights and people are told in few words", () => {
  assert.equal(formatOutcome({ code: "L4CON", detail: "refused" }), "L4CON (refused)");
  assert.equal(formatOutcome({ code: "L4OK", detail: "" }), "L4OK");
  assert.deepEqual([0, 1 / 3, 1].map(formatShare), ["0%", "33.3%", "100%"]);
  assert.equal(formatWeight({ kind: "set", weight: 7 }), "7");
  assert.equal(formatWeight({ kind: "set" }), "0");
  assert.equal(formatWeight({ kind: "kept", weight: 7 }), "kept");
  assert.equal(formatWeight({ kind: "none" }), "none");
  assert.equal(formatWeight(undefined), "none");
  assert.equal(formatActor({ name: "operator", from: "192.0.2.7" }), "operator from 192.0.2.7");
  assert.equal(formatActor({ name: "signal", from: "" }), "signal");
  assert.equal(formatActor(undefined), "");
});

Deno.test("a time carries its zone, and one that is not known is none", () => {
  const shown = (zone: string, time: bigint) => {
    Deno.env.set("TZ", zone);
    const text = formatTime(time);
    Deno.env.set("TZ", "UTC");
    return text;
  };
  const winter = BigInt(Date.UTC(2026, 0, 2, 3, 4, 5, 6)) * 1_000_000n;
  assert.equal(shown("UTC", winter), "2026-01-02 03:04:05.006Z");
  assert.equal(shown("Europe/Zurich", winter), "2026-01-02 04:04:05.006+01:00");
  assert.equal(shown("America/St_Johns", winter), "2026-01-01 23:34:05.006-03:30");
  assert.equal(shown("UTC", 0n), "-");
  assert.equal(formatAgo(0n, 0), "-");
});

Deno.test("a VPP that is away is told with since when, why and the next try, which may be due", () => {
  const now = Date.UTC(2026, 0, 2);
  const told = (nextTryMs: number) =>
    formatAway({
      sinceUnixNs: BigInt(now - 6000) * 1_000_000n,
      reason: "it hung up",
      nextTryUnixNs: BigInt(nextTryMs) * 1_000_000n,
    }, now).replace(/since .* \(/, "since then (");
  assert.equal(told(now + 2000), "not connected since then (6s ago): it hung up; next try in 2s");
  for (const due of [0, now - 1, now]) assert.match(told(due), /; next try now$/);
});
