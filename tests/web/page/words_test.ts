import assert from "node:assert/strict";
import {
  ago,
  clockTime,
  count,
  duration,
  holdLeft,
  isolated,
  many,
  measured,
  ms,
  timeOfDay,
  utc,
} from "../../../lib/web/page/words.ts";

const minuteNs = 60e9;

Deno.test("how long a backend is still kept down is said once it is known", () => {
  const hold = { sinceUnixNs: 0, untilUnixNs: 5 * minuteNs, passing: false };
  assert.equal(holdLeft(hold, 60_000), "4m more at most");
  assert.equal(holdLeft(hold, 600_000), "0ms more at most");
  assert.equal(holdLeft({ ...hold, untilUnixNs: 0 }, 60_000), "", "an event does not tell");
});

Deno.test("what began under a second ago began now", () => {
  assert.deepEqual([ago(0), ago(999), ago(1_000), ago(61_000)], ["now", "now", "1s", "1m1s"]);
});

Deno.test("a name that is written from right to left keeps the sentence around it in order", () => {
  assert.equal(isolated("web-0.example"), "web-0.example");
  assert.equal(isolated("שרת"), "\u2068שרת\u2069");
});

Deno.test("numbers are told in groups, durations in the unit that fits, moments in UTC as well", () => {
  assert.deepEqual([count(999), count(1_234_567.4)], ["999", "1,234,567"]);
  assert.deepEqual([many(1, "backend"), many(2, "backend"), many(0, "entry", "entries")], [
    ...["1 backend", "2 backends", "0 entries"],
  ]);
  assert.deepEqual([duration(1_500_000_000), measured(1.5), measured(-1)], [
    ...["1.5s", "1.50ms", "0µs"],
  ]);
  assert.equal(ms(1_500_000), 1.5);
  assert.equal(utc(1_700_000_000_123), "2023-11-14 22:13:20.123 UTC");
});

Deno.test("a moment is told by the time of day, and of another day by that as well", () => {
  const at = (day: number, hour: number) => new Date(2026, 0, day, hour, 5, 9).getTime();
  assert.equal(timeOfDay(at(2, 0)), "00:05:09");
  assert.equal(clockTime(at(2, 13), at(2, 23)), "13:05:09");
  assert.match(clockTime(at(2, 13), at(3, 13)), /^\D*02\D* 13:05:09$/);
});
