import assert from "node:assert/strict";
import fc from "fast-check";
import { tickMs, TimerWheel } from "../../lib/time/wheel.ts";

function drain(wheel: TimerWheel, now: number): number[] {
  const taken: number[] = [];
  for (let timer = wheel.take(now); timer !== undefined; timer = wheel.take(now)) {
    taken.push(timer);
  }
  return taken;
}

/** The timers that are told to be so overdue when all that was due before `now` is. */
function toldOverdue(wheel: TimerWheel, now: number, level = 1): number[] {
  const timers: number[] = [];
  wheel.tellOverdue((due) => due < now ? level : 0, (timer) => timers.push(timer));
  return timers;
}

Deno.test("a timer comes up at the first tick after it is due and never before", () => {
  const wheel = new TimerWheel();
  assert.deepEqual([wheel.size, wheel.entries], [0, 0]);
  wheel.set(1, 10.5);
  assert.deepEqual([wheel.size, wheel.entries], [1, 1]);
  assert.equal(wheel.next(), 20);
  assert.deepEqual(drain(wheel, 19.9), []);
  assert.deepEqual(drain(wheel, 20), [1]);
  assert.equal(wheel.next(), undefined);
});

Deno.test("a timer set again comes up once, at the later setting", () => {
  const wheel = new TimerWheel();
  wheel.set(1, 10);
  wheel.set(1, 100);
  assert.equal(wheel.size, 1);
  assert.deepEqual(drain(wheel, 99), []);
  assert.deepEqual(drain(wheel, 100), [1]);
});

Deno.test("a cleared timer does not come up, not even when its tick has been reached", () => {
  const wheel = new TimerWheel();
  wheel.set(1, 10);
  wheel.set(2, 10);
  assert.equal(wheel.take(20), 1);
  wheel.clear(2);
  wheel.clear(2);
  assert.deepEqual(drain(wheel, 20), []);
  assert.equal(wheel.size, 0);
});

Deno.test("what is due many turns ahead waits for its turn", () => {
  const wheel = new TimerWheel();
  wheel.set(1, 100_000);
  let now = 0;
  for (let wakes = 0; wheel.size > 0; wakes++) {
    assert.ok(wakes < 10, "wakes up once a turn at most");
    now = wheel.next() ?? 0;
    drain(wheel, now);
  }
  assert.equal(now, 100_000);
});

Deno.test("an empty wheel that idled for a year needs no time to catch up", () => {
  const wheel = new TimerWheel();
  const year = 365 * 24 * 3_600_000;
  wheel.idleUntil(year);
  wheel.set(1, year + 20);
  assert.equal(wheel.next(), year + 20);
  assert.deepEqual(drain(wheel, year + 20), [1]);
});

Deno.test("overdue timers are told wherever they stand, and once each until set again", () => {
  const wheel = new TimerWheel();
  for (const [timer, due] of [10, 10, 50, 20_000].entries()) wheel.set(timer, due);
  const overdue = (now: number, level = 1) => toldOverdue(wheel, now, level);
  assert.equal(wheel.take(100), 0);
  assert.deepEqual(overdue(50), [1]);
  assert.deepEqual(overdue(100), [2]);
  assert.deepEqual(overdue(100), []);
  assert.deepEqual(overdue(50, 2), [1], "more so, which is told once as well");
  assert.deepEqual([overdue(50, 2), overdue(50)], [[], []]);
  assert.deepEqual([1, 2, 3].map((level) => wheel.told(1) >= level), [true, true, false]);
  assert.deepEqual(overdue(30_000), [3]);
  wheel.set(1, 200);
  assert.deepEqual(overdue(200), []);
  assert.deepEqual(overdue(201), [1]);
});

Deno.test("who was told overdue is not told again because there are more timers", () => {
  const wheel = new TimerWheel();
  wheel.set(1, 10);
  assert.deepEqual(toldOverdue(wheel, 50), [1]);
  wheel.set(1_000, 100);
  assert.deepEqual(toldOverdue(wheel, 50), []);
});

Deno.test("what is out of date is thrown out when it comes to more than 65,536 and twice the timers", () => {
  const wheel = new TimerWheel();
  for (let i = 0; i < 65_536 + 2; i++) wheel.set(1, i % 1_000);
  assert.equal(wheel.entries, 65_538);
  wheel.set(1, 20);
  assert.deepEqual([wheel.entries, wheel.size], [1, 1]);
});

Deno.test("timers of any number are held, and each comes up once", () => {
  const wheel = new TimerWheel();
  const timers = [0, 255, 256, 511, 30_000, 512];
  for (const timer of timers) wheel.set(timer, 100);
  assert.equal(wheel.size, timers.length);
  assert.ok(timers.every((timer) => wheel.isSet(timer)));
  assert.ok(!wheel.isSet(1) && !wheel.isSet(29_999) && !wheel.isSet(70_000));
  wheel.clear(70_000);
  assert.deepEqual(drain(wheel, 100), timers);
  assert.ok(timers.every((timer) => !wheel.isSet(timer) && wheel.due(timer) === 100));
});

Deno.test("however often timers are set again, little is remembered, and none is lost", () => {
  const wheel = new TimerWheel();
  for (let timer = 0; timer < 10; timer++) wheel.set(timer, 50_000 + 10 * timer);
  for (let i = 0; i < 200_000; i++) {
    wheel.set(10 + i % 2, 20 + (i % 7_000));
    assert.ok(wheel.entries < 100_000, `${wheel.entries} entries`);
  }
  wheel.clear(11);
  assert.equal(wheel.size, 11);
  assert.deepEqual(drain(wheel, 7_020), [10]);
  assert.deepEqual(drain(wheel, 50_090), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual([wheel.size, wheel.entries, wheel.next()], [0, 0, undefined]);
});

Deno.test("one cleared after its slot was passed and set anew waits for its new time", () => {
  const wheel = new TimerWheel();
  for (const timer of [1, 2, 3]) wheel.set(timer, 10);
  assert.equal(wheel.take(10), 1);
  wheel.set(2, 20);
  wheel.clear(3);
  assert.equal(wheel.take(10), undefined);
  assert.equal(wheel.next(), 20);
  assert.deepEqual(drain(wheel, 20), [2]);
});

Deno.test("any sequence of setting, clearing and taking does what a sorted list would", () => {
  const action = fc.oneof(
    fc.record({ set: fc.nat(40), after: fc.integer({ min: -50, max: 40_000 }) }),
    fc.record({ clear: fc.nat(40) }),
    fc.record({
      turn: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ max: 30_000, min: 0 })),
    }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
      const wheel = new TimerWheel();
      const model = new Map<number, number>();
      let now = 0;
      for (const action of actions) {
        if ("set" in action) {
          wheel.idleUntil(now);
          wheel.set(action.set, now + action.after);
          model.set(action.set, now + action.after);
        } else if ("clear" in action) {
          wheel.clear(action.clear);
          model.delete(action.clear);
        } else {
          now += action.turn;
          const taken = drain(wheel, now);
          for (const owner of taken) {
            const due = model.get(owner);
            assert.ok(due !== undefined && due <= now);
            model.delete(owner);
          }
          // At most one tick late.
          for (const due of model.values()) assert.ok(due > now - 2 * tickMs);
          const next = wheel.next();
          const earliest = Math.min(...model.values());
          if (next !== undefined) assert.ok(next < earliest + 2 * tickMs && next > now - tickMs);
        }
        assert.equal(wheel.size, model.size);
      }
      drain(wheel, now + 100_000);
      assert.equal(wheel.size, 0);
    }),
    { seed: 5, numRuns: 300 },
  );
});
