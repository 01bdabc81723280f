import assert from "node:assert/strict";
import { DrivenClock } from "../../lib/time/mod.ts";

/** A clock at a time that the test says, and what its timers have done. */
function driven() {
  const time = { now: 1_000, wall: 5 };
  const clock = new DrivenClock({ now: () => time.now, wall: () => time.wall });
  const ran: string[] = [];
  const runDue = () => clock.runDue((timer) => timer());
  return { time, clock, ran, runDue };
}

Deno.test("its time is its source's", () => {
  const { clock } = driven();
  assert.deepEqual([clock.now(), clock.wall()], [1_000, 5]);
});

Deno.test("timers run when whoever has the loop says so, in order, and not before they are due", () => {
  const { time, clock, ran, runDue } = driven();
  assert.equal(clock.idleMs, Infinity);
  clock.after(10.5, () => ran.push("late"));
  clock.after(-5, () => ran.push("at once"));
  clock.after(10, () => ran.push("early"));
  assert.equal(clock.idleMs, 0);
  assert.deepEqual(ran, []);
  runDue();
  assert.deepEqual([ran, clock.idleMs], [["at once"], 10]);
  time.now = 1_010;
  runDue();
  assert.deepEqual([ran, clock.idleMs], [["at once", "early"], 0.5]);
  time.now = 1_020;
  assert.equal(clock.idleMs, 0);
  runDue();
  assert.deepEqual([ran, clock.idleMs], [["at once", "early", "late"], Infinity]);
});

Deno.test("a timer that is cancelled, before or after it ran, does nothing more", () => {
  const { clock, ran, runDue } = driven();
  const first = clock.after(0, () => ran.push("first"));
  const second = clock.after(0, () => ran.push("second"));
  second.cancel();
  runDue();
  first.cancel();
  assert.deepEqual([ran, clock.idleMs], [["first"], Infinity]);
});

Deno.test("a turn is over after 3 ms, and the next one begins with the timers that are due", async () => {
  const { time, clock, runDue } = driven();
  runDue();
  time.now += 2.9;
  assert.equal(clock.turn.isOver, false);
  time.now += 0.1;
  assert.equal(clock.turn.isOver, true);
  let begun = false;
  const next = clock.turn.next().then(() => begun = true);
  await Promise.resolve();
  assert.equal(begun, false);
  runDue();
  await next;
  assert.equal(clock.turn.isOver, false);
});

Deno.test("before the first turn nobody knows how long the loop has worked", () => {
  const { time, clock } = driven();
  time.now = 0;
  assert.equal(clock.turn.isOver, true);
});
