import assert from "node:assert/strict";
import { Alarm } from "../../lib/checker/alarm.ts";
import { FakeClock } from "../../lib/time/mod.ts";

Deno.test("an alarm comes up once, when it was set for last, and never after its end", () => {
  const clock = new FakeClock();
  const rang: number[] = [];
  const alarm = new Alarm(clock, () => rang.push(clock.now()));
  alarm.set(10);
  alarm.set(5);
  assert.equal(clock.pending, 1);
  clock.advance(100);
  alarm.set(7);
  alarm.set(Infinity);
  assert.deepEqual([rang, clock.pending, alarm.isClosed], [[5], 0, false]);
  alarm.set(7);
  alarm.close();
  alarm.set(7);
  assert.deepEqual([clock.pending, alarm.isClosed], [0, true]);
});
