import assert from "node:assert/strict";
import fc from "fast-check";
import { Deadlines } from "../../lib/net/deadlines.ts";
import { type Clock, FakeClock, type Timer } from "../../lib/time/mod.ts";
import { nextError } from "../support/next_error.ts";

Deno.test("a deadline expires once, when its time has come and not before", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock, () => true);
  let expired = 0;
  deadlines.add(100.5, () => expired++);
  clock.advance(100);
  assert.equal(expired, 0);
  clock.advance(0.5);
  assert.equal(expired, 1);
  clock.advance(10_000);
  assert.equal(expired, 1);
  assert.equal(clock.pending, 0);
});

Deno.test("a deadline that has passed already expires on the next turn, not at once", () => {
  const clock = new FakeClock();
  clock.advance(1000);
  const deadlines = new Deadlines(clock, () => true);
  let expired = 0;
  deadlines.add(5, () => expired++);
  assert.equal(expired, 0);
  clock.advance(0);
  assert.equal(expired, 1);
});

Deno.test("deadlines of nearly the same time expire each at its own", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock, () => true);
  const seen: number[] = [];
  for (const at of [10, 9, 15, 12]) deadlines.add(at, () => seen.push(at));
  for (const at of [9, 10, 12, 15]) {
    clock.advance(at - clock.now());
    assert.equal(seen.at(-1), at);
  }
  assert.deepEqual(seen, [9, 10, 12, 15]);
});

Deno.test("a thousand deadlines need one timer", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock, () => true);
  for (let i = 0; i < 1000; i++) deadlines.add(2000 + i, () => {});
  assert.equal(clock.pending, 1);
});

Deno.test("closing forgets everything", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock, () => true);
  let expired = 0;
  for (const at of [1, 5000, 50_000]) deadlines.add(at, () => expired++);
  deadlines.close();
  assert.equal(clock.pending, 0);
  clock.advance(100_000);
  assert.equal(expired, 0);
});

Deno.test("cancelling others and setting new ones from within an expiry is safe", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock, () => true);
  const seen: string[] = [];
  const others = [1, 2, 3].map((n) => deadlines.add(10, () => seen.push(`other ${n}`)));
  deadlines.add(9, () => {
    for (const other of others) other.cancel();
    deadlines.add(9, () => seen.push("late"));
    deadlines.add(30, () => seen.push("later"));
  });
  clock.advance(20);
  assert.deepEqual(seen, ["late"]);
  clock.advance(20);
  assert.deepEqual(seen, ["late", "later"]);
});

Deno.test("whatever is set, cancelled and waited for, exactly what is due has expired", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), delay: fc.integer({ min: 0, max: 20_000 }) }),
    fc.record({ kind: fc.constant("cancel" as const), index: fc.nat(50) }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 9_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new FakeClock();
      const deadlines = new Deadlines(clock, () => true);
      const entries: { at: number; cancelled: boolean; expired: number; cancel(): void }[] = [];
      for (const action of steps) {
        if (action.kind === "add") {
          const at = clock.now() + action.delay;
          const deadline = deadlines.add(at, () => entry.expired++);
          const entry = { at, cancelled: false, expired: 0, cancel: () => deadline.cancel() };
          entries.push(entry);
        } else if (action.kind === "cancel") {
          const entry = entries[action.index];
          entry?.cancel();
          if (entry?.expired === 0) entry.cancelled = true;
        } else {
          clock.advance(action.ms);
          for (const entry of entries) {
            const due = !entry.cancelled && entry.at <= clock.now();
            if (action.ms > 0 || entry.at < clock.now()) {
              assert.equal(entry.expired, due ? 1 : 0, `at ${entry.at}, now ${clock.now()}`);
            }
          }
        }
      }
      deadlines.close();
      assert.equal(clock.pending, 0);
    }),
    { seed: 20261121, numRuns: 500 },
  );
});

/** A clock that passes while something runs, and runs what is due turn by turn. */
class BusyClock implements Clock {
  time = 0;
  readonly turn = new FakeClock().turn;
  #timers: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.time;
  }
  wall(): number {
    return this.time;
  }
  after(delayMs: number, run: () => void): Timer {
    const timer = { at: this.time + delayMs, run };
    this.#timers.push(timer);
    return { cancel: () => this.#timers = this.#timers.filter((each) => each !== timer) };
  }
  runDue(): void {
    const due = this.#timers.filter(({ at }) => at <= this.time);
    this.#timers = this.#timers.filter(({ at }) => at > this.time);
    for (const { run } of due) run();
  }
}

Deno.test("whatever came due during one turn of the wheel expires at the first chance", () => {
  for (const lateBy of [4087, 4095, 4096, 5000, 8191]) {
    const clock = new FakeClock();
    const deadlines = new Deadlines(clock, () => true);
    let late = 0;
    const ats = Array.from({ length: 512 }, (_, slot) => slot * 8 + 4).filter((at) => at <= lateBy);
    for (const at of ats) {
      deadlines.add(at, () => {
        if (clock.now() !== lateBy) late++;
      });
    }
    clock.jump(lateBy);
    clock.advance(10_000);
    assert.equal(late, 0, `after ${lateBy} ms`);
  }
});

/** Deadlines whose last look is told of, and answers `done` in turn; true when there are no more. */
function looking(clock: FakeClock, done: boolean[], look = () => {}): Deadlines {
  return new Deadlines(clock, () => {
    look();
    return done.shift() ?? true;
  });
}

Deno.test("before anything expires there is one last look, and not without need", () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const deadlines = looking(clock, [], () => seen.push("look"));
  for (const name of ["a", "b"]) deadlines.add(100, () => seen.push(name));
  deadlines.add(50, () => seen.push("early")).cancel();
  clock.advance(99);
  assert.deepEqual(seen, []);
  clock.advance(1);
  assert.deepEqual(seen, ["look", "a", "b"]);
});

Deno.test("what the last look cancels does not expire, even long after its time", () => {
  const clock = new FakeClock();
  let expired = 0;
  const answered = () => {
    first.cancel();
    second.cancel();
  };
  const deadlines = looking(clock, [], answered);
  const first = deadlines.add(100, () => expired++);
  const second = deadlines.add(200, () => expired++);
  clock.jump(60_000);
  assert.equal(expired, 0);
  assert.equal(clock.pending, 0);
});

Deno.test("a look that has not seen everything goes on after a turn of the event loop", () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const done = [false, false, true];
  const deadlines = looking(clock, done, () => seen.push("look"));
  deadlines.add(10, () => seen.push("expired"));
  clock.jump(10);
  assert.deepEqual(seen, ["look", "look", "look", "expired"]);
});

Deno.test("a look that never ends puts nothing off for more than 100 ms", () => {
  const clock = new BusyClock();
  const deadlines = new Deadlines(clock, () => {
    clock.time += 4;
    return false;
  });
  const expired: number[] = [];
  for (const at of [10, 300]) {
    deadlines.add(at, () => expired.push(clock.time - at));
    clock.time = at;
    for (let turn = 0; turn < 40; turn++) clock.runDue();
  }
  assert.deepEqual(expired, [104, 104]);
});

Deno.test("a look that fails is heard of, and nothing waits for ever", async () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock, () => {
    throw new Error("no look");
  });
  let expired = 0;
  deadlines.add(10, () => expired++);
  const error = await nextError(() => clock.advance(10));
  assert.match(String(error), /no look/);
  assert.equal(expired, 1);
});

Deno.test("an expiry that throws is heard of, and does not cost the others theirs", async () => {
  const clock = new FakeClock();
  const deadlines = looking(clock, []);
  let expired = 0;
  deadlines.add(10, () => {
    throw new Error("from an expiry");
  });
  deadlines.add(10, () => expired++);
  assert.match(String(await nextError(() => clock.advance(10))), /from an expiry/);
  assert.equal(expired, 1);
});

Deno.test("many that are due leave the event loop its turns", () => {
  const clock = new BusyClock();
  const deadlines = new Deadlines(clock, () => true);
  let expired = 0;
  for (let i = 0; i < 10; i++) {
    deadlines.add(10, () => {
      expired++;
      clock.time++;
    });
  }
  clock.time = 10;
  const turns = Array.from({ length: 3 }, () => {
    clock.runDue();
    return expired;
  });
  assert.deepEqual(turns, [5, 10, 10]);
});

Deno.test("a wheel that is made in the middle of a slot expires what is due in it", () => {
  const clock = new FakeClock();
  clock.advance(1003);
  const deadlines = new Deadlines(clock, () => true);
  let expired = 0;
  deadlines.add(1005, () => expired++);
  clock.advance(2);
  assert.equal(expired, 1);
});

Deno.test("who is due earlier than the others has the one timer", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock, () => true);
  const seen: number[] = [];
  for (const at of [3000, 2000, 1000]) {
    deadlines.add(at, () => seen.push(at));
    assert.equal(clock.pending, 1);
  }
  clock.advance(3000);
  assert.deepEqual(seen, [1000, 2000, 3000]);
});

Deno.test("what is set after closing expires as what was set before", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock, () => true);
  deadlines.add(5, () => assert.fail("forgotten"));
  deadlines.close();
  let expired = 0;
  deadlines.add(10, () => expired++);
  clock.advance(10);
  assert.equal(expired, 1);
});
