import assert from "node:assert/strict";
import { ago, clockTime, holdLeft, timeOfDay } from "../../../lib/web/page/words.ts";

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

Deno.test("a moment is told by the time of day, and of another day by that as well", () => {
  const at = (day: number, hour: number) => new Date(2026, 0, day, hour, 5, 9).getTime();
  assert.equal(timeOfDay(at(2, 0)), "00:05:09");
  assert.equal(clockTime(at(2, 13), at(2, 23)), "13:05:09");
  assert.match(clockTime(at(2, 13), at(3, 13)), /^\D*02\D* 13:05:09$/);
});
