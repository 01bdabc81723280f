import assert from "node:assert/strict";
import fc from "fast-check";
import { FakeClock } from "../../lib/time/mod.ts";

Deno.test("timers fire in order of time, those of one moment in the order they were set", () => {
  const clock = new FakeClock();
  const fired: string[] = [];
  clock.after(20, () => fired.push("late"));
  clock.after(10, () => fired.push("first"));
  clock.after(10, () => fired.push("second"));
  clock.advance(9);
  assert.deepEqual(fired, []);
  clock.advance(11);
  assert.deepEqual(fired, ["first", "second", "late"]);
});

Deno.test("a timer set by a timer fires in the same turn when it falls due in it", () => {
  const clock = new FakeClock();
  const seen: number[] = [];
  const again = () => {
    seen.push(clock.now());
    if (seen.length < 5) clock.after(10, again);
  };
  clock.after(10, again);
  clock.advance(35);
  assert.deepEqual(seen, [10, 20, 30]);
  assert.equal(clock.now(), 35);
  assert.equal(clock.pending, 1);
});

Deno.test("a cancelled timer does not fire, and cancelling twice or too late is harmless", () => {
  const clock = new FakeClock();
  let fired = 0;
  const cancelled = clock.after(5, () => fired++);
  const ran = clock.after(5, () => fired++);
  cancelled.cancel();
  cancelled.cancel();
  assert.equal(clock.pending, 1);
  clock.advance(5);
  ran.cancel();
  assert.equal(fired, 1);
  assert.equal(clock.pending, 0);
});

Deno.test("wall time moves with the clock", () => {
  const clock = new FakeClock(1_000);
  clock.advance(250);
  assert.equal(clock.wall(), 1_250);
});

Deno.test("promises run between the timers of advanceAsync", async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  clock.after(1, () => void Promise.resolve().then(() => seen.push("promise")));
  clock.after(2, () => seen.push("timer"));
  await clock.advanceAsync(2);
  assert.deepEqual(seen, ["promise", "timer"]);
});

Deno.test("a jump fires everything that fell due at the moment it ends", () => {
  const clock = new FakeClock();
  const seen: number[] = [];
  clock.after(10, () => seen.push(clock.now()));
  clock.after(500, () => seen.push(clock.now()));
  clock.after(5_000, () => seen.push(clock.now()));
  clock.jump(1_000);
  assert.deepEqual(seen, [1_000, 1_000]);
});

Deno.test("any mixture of setting, cancelling and turning fires what a plain list would", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), delay: fc.integer({ min: 0, max: 50 }) }),
    fc.record({ kind: fc.constant("cancel" as const), which: fc.nat(300) }),
    fc.record({ kind: fc.constant("turn" as const), by: fc.integer({ min: 0, max: 20 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const clock = new FakeClock();
      const timers: { cancel(): void }[] = [];
      let model: { at: number; id: number }[] = [];
      const fired: number[] = [];
      for (const step of steps) {
        if (step.kind === "set") {
          const id = timers.length;
          timers.push(clock.after(step.delay, () => fired.push(id)));
          model.push({ at: clock.now() + step.delay, id });
        } else if (step.kind === "cancel") {
          timers[step.which]?.cancel();
          model = model.filter((entry) => entry.id !== step.which);
        } else {
          fired.length = 0;
          clock.advance(step.by);
          const due = model.filter((entry) => entry.at <= clock.now());
          model = model.filter((entry) => entry.at > clock.now());
          due.sort((a, b) => a.at - b.at || a.id - b.id);
          assert.deepEqual(fired, due.map((entry) => entry.id));
        }
        assert.equal(clock.pending, model.length);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});

Deno.test("a hundred thousand timers are set, half cancelled, and the rest fire in order", () => {
  const clock = new FakeClock();
  let last = -1;
  let fired = 0;
  const timers = Array.from({ length: 100_000 }, (_, i) =>
    clock.after((i * 7919) % 100_003, () => {
      assert.ok(clock.now() >= last);
      last = clock.now();
      fired++;
    }));
  for (let i = 0; i < timers.length; i += 2) timers[i]?.cancel();
  assert.equal(clock.pending, 50_000);
  clock.advance(200_000);
  assert.equal(fired, 50_000);
});

Deno.test("what was due before is due now, and turns nothing back", () => {
  const clock = new FakeClock();
  assert.deepEqual([clock.now(), clock.wall()], [0, 1_700_000_000_000]);
  clock.advance(10);
  const seen: number[] = [];
  for (const delay of [-5, 0, 0.5]) clock.after(delay, () => seen.push(clock.now()));
  clock.advance(0);
  assert.deepEqual(seen, [10, 10]);
  clock.advance(0.5);
  assert.deepEqual(seen, [10, 10, 10.5]);
});

Deno.test("advanceAsync gives promises their chance before and after, and at the time it ends", async () => {
  const clock = new FakeClock();
  const chances: number[] = [];
  const settle = () => {
    chances.push(clock.now());
    if (chances.length === 1) clock.after(1, () => clock.after(1, () => {}));
    return Promise.resolve();
  };
  await clock.advanceAsync(5, settle);
  assert.deepEqual(chances, [0, 1, 2, 5]);
  assert.equal(clock.now(), 5);
});
