import assert from "node:assert/strict";
import {
  formatAgo,
  formatAway,
  formatCount,
  formatDuration,
  formatMeasured,
  formatSpan,
  formatTime,
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
    [-5, "0ms"],
  ];
  for (const [ms, expected] of spans) assert.equal(formatSpan(ms), expected, `${ms} ms`);
});

Deno.test("a configured duration is shown exactly", () => {
  const durations: [bigint, string][] = [
    [0n, "0s"],
    [1500n, "1.5µs"],
    [second / 4n, "250ms"],
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
  assert.equal(formatCount(1234567n), "1,234,567");
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
  const now = 10_000;
  const told = (nextTryMs: number) =>
    formatAway({
      sinceUnixNs: 4_000_000_000n,
      reason: "it hung up",
      nextTryUnixNs: BigInt(nextTryMs) * 1_000_000n,
    }, now).replace(/since .* \(/, "since then (");
  assert.equal(told(12_000), "not connected since then (6s ago): it hung up; next try in 2s");
  for (const due of [0, 9_999, now]) assert.match(told(due), /; next try now$/);
});
