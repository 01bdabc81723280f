import assert from "node:assert/strict";
import fc from "fast-check";
import { tickMs, TimerWheel, WheelTimer } from "../../lib/probing/wheel.ts";

function drain(wheel: TimerWheel<number>, now: number): number[] {
  const taken: number[] = [];
  for (let timer = wheel.take(now); timer; timer = wheel.take(now)) taken.push(timer.owner);
  return taken;
}

Deno.test("a timer comes up at the first tick after it is due and never before", () => {
  const wheel = new TimerWheel<number>();
  wheel.set(new WheelTimer(1), 10.5);
  assert.equal(wheel.next(), 20);
  assert.deepEqual(drain(wheel, 19.9), []);
  assert.deepEqual(drain(wheel, 20), [1]);
  assert.equal(wheel.next(), undefined);
});

Deno.test("a timer set again comes up once, at the later setting", () => {
  const wheel = new TimerWheel<number>();
  const timer = new WheelTimer(1);
  wheel.set(timer, 10);
  wheel.set(timer, 100);
  assert.equal(wheel.size, 1);
  assert.deepEqual(drain(wheel, 99), []);
  assert.deepEqual(drain(wheel, 100), [1]);
});

Deno.test("a cleared timer does not come up, not even when its tick has been reached", () => {
  const wheel = new TimerWheel<number>();
  const [a, b] = [new WheelTimer(1), new WheelTimer(2)];
  wheel.set(a, 10);
  wheel.set(b, 10);
  assert.equal(wheel.take(20)?.owner, 1);
  wheel.clear(b);
  wheel.clear(b);
  assert.deepEqual(drain(wheel, 20), []);
  assert.equal(wheel.size, 0);
});

Deno.test("what is due many turns ahead waits for its turn", () => {
  const wheel = new TimerWheel<number>();
  wheel.set(new WheelTimer(1), 100_000);
  let now = 0;
  for (let wakes = 0; wheel.size > 0; wakes++) {
    assert.ok(wakes < 10, "wakes up once a turn at most");
    now = wheel.next() ?? 0;
    drain(wheel, now);
  }
  assert.equal(now, 100_000);
});

Deno.test("an empty wheel that idled for a year needs no time to catch up", () => {
  const wheel = new TimerWheel<number>();
  const year = 365 * 24 * 3_600_000;
  wheel.idleUntil(year);
  wheel.set(new WheelTimer(1), year + 20);
  assert.equal(wheel.next(), year + 20);
  assert.deepEqual(drain(wheel, year + 20), [1]);
});

Deno.test("overdue timers are told wherever they stand, and once each until set again", () => {
  const wheel = new TimerWheel<number>();
  const timers = [10, 10, 50, 20_000].map((due, owner) => {
    const timer = new WheelTimer(owner);
    wheel.set(timer, due);
    return timer;
  });
  const overdue = (now: number) => Array.from(wheel.overdue(now), ({ owner }) => owner);
  assert.equal(wheel.take(100)?.owner, 0);
  assert.deepEqual(overdue(50), [1]);
  assert.deepEqual(overdue(100), [2]);
  assert.deepEqual(overdue(100), []);
  assert.deepEqual(overdue(30_000), [3]);
  const [, again] = timers;
  assert.ok(again);
  wheel.set(again, 200);
  assert.deepEqual(overdue(200), []);
  assert.deepEqual(overdue(201), [1]);
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
      const wheel = new TimerWheel<number>();
      const timers = Array.from({ length: 41 }, (_, i) => new WheelTimer(i));
      const model = new Map<number, number>();
      let now = 0;
      for (const action of actions) {
        if ("set" in action) {
          const timer = timers[action.set];
          assert.ok(timer);
          wheel.idleUntil(now);
          wheel.set(timer, now + action.after);
          model.set(action.set, now + action.after);
        } else if ("clear" in action) {
          const timer = timers[action.clear];
          assert.ok(timer);
          wheel.clear(timer);
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
