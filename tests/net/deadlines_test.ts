import assert from "node:assert/strict";
import fc from "fast-check";
import { Deadlines } from "../../lib/net/deadlines.ts";
import { FakeClock } from "../../lib/time/mod.ts";

Deno.test("a deadline expires once, when its time has come and not before", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
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
  const deadlines = new Deadlines(clock);
  let expired = 0;
  deadlines.add(5, () => expired++);
  assert.equal(expired, 0);
  clock.advance(0);
  assert.equal(expired, 1);
});

Deno.test("a thousand deadlines need one timer", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  for (let i = 0; i < 1000; i++) deadlines.add(2000 + i, () => {});
  assert.equal(clock.pending, 1);
});

Deno.test("closing forgets everything", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
  let expired = 0;
  for (const at of [1, 5000, 50_000]) deadlines.add(at, () => expired++);
  deadlines.close();
  assert.equal(clock.pending, 0);
  clock.advance(100_000);
  assert.equal(expired, 0);
});

Deno.test("cancelling others and setting new ones from within an expiry is safe", () => {
  const clock = new FakeClock();
  const deadlines = new Deadlines(clock);
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
      const deadlines = new Deadlines(clock);
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
