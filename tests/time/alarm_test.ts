import { deepEqual, equal } from "node:assert/strict";
import { Alarm, FakeClock } from "../../lib/time/mod.ts";

function setUp() {
  const clock = new FakeClock();
  const rang: number[] = [];
  const alarm = new Alarm(clock, () => rang.push(clock.now()));
  return { clock, rang, alarm };
}

Deno.test("an alarm comes up once, at its moment", () => {
  const { clock, rang, alarm } = setUp();
  alarm.set(10);
  clock.advance(9);
  deepEqual(rang, []);
  clock.advance(100);
  deepEqual(rang, [10]);
  equal(clock.pending, 0);
});

Deno.test("moved to later or to sooner, it comes up when it was moved to", () => {
  const { clock, rang, alarm } = setUp();
  alarm.set(10);
  clock.advance(5);
  alarm.set(10);
  equal(clock.pending, 1);
  clock.advance(9);
  deepEqual(rang, []);
  clock.advance(1);
  deepEqual(rang, [15]);
  alarm.set(100);
  alarm.set(10);
  equal(clock.pending, 1);
  clock.advance(100);
  deepEqual(rang, [15, 25]);
});

Deno.test("put off by less than a millisecond, it comes up that much later", () => {
  const { clock, rang, alarm } = setUp();
  alarm.set(10);
  clock.advance(0.5);
  alarm.set(10);
  clock.advance(20);
  deepEqual(rang, [10.5]);
});

Deno.test("taken back or closed, it does not come up", () => {
  const { clock, rang, alarm } = setUp();
  alarm.set(10);
  alarm.set(Infinity);
  clock.advance(20);
  equal(clock.pending, 0);
  alarm.set(10);
  equal(alarm.isClosed, false);
  alarm.close();
  equal(alarm.isClosed, true);
  alarm.set(5);
  equal(clock.pending, 0);
  clock.advance(20);
  deepEqual(rang, []);
});

Deno.test("taken back and set again, it keeps its timer", () => {
  const { clock, rang, alarm } = setUp();
  alarm.set(10);
  alarm.set(Infinity);
  alarm.set(20);
  equal(clock.pending, 1);
  clock.advance(19);
  deepEqual(rang, []);
  clock.advance(1);
  deepEqual(rang, [20]);
});

Deno.test("moved to later over and over, it makes no timer of its own each time", () => {
  const clock = new FakeClock();
  let timers = 0;
  const counting = {
    now: () => clock.now(),
    after(ms: number, run: () => void) {
      timers++;
      return clock.after(ms, run);
    },
  };
  const alarm = new Alarm(counting, () => {});
  alarm.set(100);
  for (let i = 0; i < 100; i++) {
    alarm.set(100);
    if (i % 2 === 0) clock.advance(1);
  }
  equal(timers, 1);
  alarm.close();
});
