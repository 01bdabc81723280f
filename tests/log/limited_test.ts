import { deepEqual } from "node:assert/strict";
import { LimitedLog } from "../../lib/log/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";

Deno.test("a warning is told once in 10 s, with how many were left out before it", () => {
  const log = new RecordedLog();
  const clock = new FakeClock();
  const limited = new LimitedLog(log, clock);
  for (let i = 0; i < 4; i++) limited.warn("too-much", { i });
  limited.warn("other", {});
  clock.advance(9_999);
  limited.warn("too-much", { i: 4 });
  clock.advance(1);
  limited.warn("too-much", { i: 5 });
  clock.advance(10_000);
  limited.warn("too-much", { i: 6 });
  deepEqual(log.lines, [
    "warn too-much i=0",
    "warn other",
    "warn too-much i=5 suppressed=4",
    "warn too-much i=6",
  ]);
});

Deno.test("errors are told as seldom, on a count of their own name", () => {
  const log = new RecordedLog();
  const clock = new FakeClock();
  const limited = new LimitedLog(log, clock);
  for (let i = 0; i < 3; i++) limited.error("broken", { i });
  limited.warn("other", {});
  clock.advance(10_000);
  limited.error("broken", { i: 3 });
  deepEqual(log.lines, ["error broken i=0", "warn other", "error broken i=3 suppressed=2"]);
});
