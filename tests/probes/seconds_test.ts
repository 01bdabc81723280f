import assert from "node:assert/strict";
import { formatSeconds } from "../../lib/probes/seconds.ts";

Deno.test("a duration is milliseconds below a second, and seconds from there", () => {
  assert.deepEqual([200, 999, 1_000, 1_500].map(formatSeconds), ["200ms", "999ms", "1s", "1.5s"]);
});
