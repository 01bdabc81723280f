import { deepEqual, equal } from "node:assert/strict";
import { Deadline } from "../../lib/h1/deadline.ts";
import { FakeClock } from "../../lib/time/mod.ts";

function setUp() {
  const clock = new FakeClock();
  const expired: number[] = [];
  const deadline = new Deadline(clock, () => expired.push(clock.now()));
  return { clock, expired, deadline };
}

Deno.test("a deadline passes once, at its moment", () => {
  const { clock, expired, deadline } = setUp();
  deadline.set(10);
  clock.advance(9);
  deepEqual(expired, []);
  clock.advance(100);
  deepEqual(expired, [10]);
  equal(clock.pending, 0);
});

Deno.test("moved to later or to sooner, it passes when it was moved to", () => {
  const { clock, expired, deadline } = setUp();
  deadline.set(10);
  clock.advance(5);
  deadline.set(10);
  equal(clock.pending, 1);
  clock.advance(9);
  deepEqual(expired, []);
  clock.advance(1);
  deepEqual(expired, [15]);
  deadline.set(100);
  deadline.set(10);
  equal(clock.pending, 1);
  clock.advance(100);
  deepEqual(expired, [15, 25]);
});

Deno.test("cleared or stopped, it does not pass", () => {
  const { clock, expired, deadline } = setUp();
  deadline.set(10);
  deadline.clear();
  clock.advance(20);
  equal(clock.pending, 0);
  deadline.set(10);
  deadline.stop();
  equal(clock.pending, 0);
  clock.advance(20);
  deepEqual(expired, []);
  deadline.set(5);
  clock.advance(5);
  deepEqual(expired, [45]);
});

Deno.test("cleared and set again, it keeps its timer", () => {
  const { clock, expired, deadline } = setUp();
  deadline.set(10);
  deadline.clear();
  deadline.set(20);
  equal(clock.pending, 1);
  clock.advance(19);
  deepEqual(expired, []);
  clock.advance(1);
  deepEqual(expired, [20]);
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
  const deadline = new Deadline(counting, () => {});
  for (let i = 0; i < 100; i++) {
    deadline.set(100);
    if (i % 2 === 0) clock.advance(1);
  }
  equal(timers, 1);
  deadline.stop();
});
