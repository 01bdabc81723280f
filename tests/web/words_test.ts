import assert from "node:assert/strict";
import { holdLeft } from "../../lib/web/page/words.ts";

const minuteNs = 60e9;

Deno.test("how long a backend is still kept down is said once it is known", () => {
  const hold = { sinceUnixNs: 0, untilUnixNs: 5 * minuteNs, passing: false };
  assert.equal(holdLeft(hold, 60_000), "4m more at most");
  assert.equal(holdLeft(hold, 600_000), "0ms more at most");
  assert.equal(holdLeft({ ...hold, untilUnixNs: 0 }, 60_000), "", "an event does not tell");
});
