import { deepEqual, equal } from "node:assert/strict";
import { Timeout } from "../../lib/h1/timeout.ts";
import { FakeClock } from "../../lib/time/mod.ts";

function setUp() {
  const clock = new FakeClock();
  const expired: number[] = [];
  const timeout = new Timeout(clock, () => expired.push(clock.now()));
  return { clock, expired, timeout };
}

Deno.test("a timeout passes once, at its moment", () => {
  const { clock, expired, timeout } = setUp();
  timeout.set(10);
  clock.advance(9);
  deepEqual(expired, []);
  clock.advance(100);
  deepEqual(expired, [10]);
  equal(clock.pending, 0);
});

Deno.test("moved to later or to sooner, it passes when it was moved to", () => {
  const { clock, expired, timeout } = setUp();
  timeout.set(10);
  clock.advance(5);
  timeout.set(10);
  equal(clock.pending, 1);
  clock.advance(9);
  deepEqual(expired, []);
  clock.advance(1);
  deepEqual(expired, [15]);
  timeout.set(100);
  timeout.set(10);
  equal(clock.pending, 1);
  clock.advance(100);
  deepEqual(expired, [15, 25]);
});

Deno.test("cleared or stopped, it does not pass", () => {
  const { clock, expired, timeout } = setUp();
  timeout.set(10);
  timeout.clear();
  clock.advance(20);
  equal(clock.pending, 0);
  timeout.set(10);
  timeout.stop();
  equal(clock.pending, 0);
  clock.advance(20);
  deepEqual(expired, []);
  timeout.set(5);
  clock.advance(5);
  deepEqual(expired, [45]);
});

Deno.test("cleared and set again, it keeps its timer", () => {
  const { clock, expired, timeout } = setUp();
  timeout.set(10);
  timeout.clear();
  timeout.set(20);
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
  const timeout = new Timeout(counting, () => {});
  for (let i = 0; i < 100; i++) {
    timeout.set(100);
    if (i % 2 === 0) clock.advance(1);
  }
  equal(timers, 1);
  timeout.stop();
});
