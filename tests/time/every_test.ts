import { deepEqual, equal } from "node:assert/strict";
import { every, FakeClock } from "../../lib/time/mod.ts";

Deno.test("what is done every so often is done until it is cancelled, even by itself", () => {
  const clock = new FakeClock();
  const seen: number[] = [];
  const timer = every(clock, 10, () => {
    seen.push(clock.now());
    if (seen.length === 3) timer.cancel();
  });
  clock.advance(25);
  deepEqual(seen, [10, 20]);
  clock.advance(100);
  deepEqual(seen, [10, 20, 30]);
  equal(clock.pending, 0);
});
