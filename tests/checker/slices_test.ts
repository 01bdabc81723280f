import assert from "node:assert/strict";
import fc from "fast-check";
import { atOnce, Slices, sorted, type Steps } from "../../lib/checker/slices.ts";
import { FakeClock } from "../../lib/time/mod.ts";

function* work(steps: number, each: () => void): Steps<string> {
  for (let i = 0; i < steps; i++) {
    each();
    yield;
  }
  return "done";
}

Deno.test("short work is done without a pause", async () => {
  const clock = new FakeClock();
  assert.equal(await new Slices(clock).run(work(100, () => {})), "done");
  assert.equal(clock.pending, 0);
});

Deno.test("long work pauses after a few milliseconds", async () => {
  const fake = new FakeClock();
  let spent = 0;
  const clock = {
    now: () => fake.now() + spent,
    wall: () => fake.wall(),
    after: (delay: number, run: () => void) => fake.after(delay, run),
    turn: fake.turn,
  };
  const result = new Slices(clock).run(work(100, () => spent++));
  await Promise.resolve();
  assert.ok(spent <= 8, `${spent} ms in one slice`);
  for (let turn = 0; turn < 100; turn++) {
    const before = spent;
    await fake.advanceAsync(0);
    if (spent === before) break;
  }
  assert.equal(await result, "done");
});

Deno.test("an error in the work rejects", async () => {
  const broken = work(1, () => {
    throw new Error("broken");
  });
  await assert.rejects(new Slices(new FakeClock()).run(broken), /broken/);
});

Deno.test("closing abandons work that waits and leaves no timer", async () => {
  const clock = new FakeClock();
  const slices = new Slices(clock);
  const result = slices.run(work(100_000, () => {}));
  assert.equal(clock.pending, 1);
  slices.close();
  await assert.rejects(result, /abandoned because maglevd is stopping/);
  assert.equal(clock.pending, 0);
});

Deno.test("sorting in slices gives what sorting at once gives", () => {
  const names = fc.array(fc.string({ maxLength: 3 }), { maxLength: 3_000, size: "max" });
  fc.assert(
    fc.property(names, (names) => {
      assert.deepEqual(atOnce(sorted(names)), names.toSorted());
    }),
    { seed: 6, numRuns: 50 },
  );
});

/** So many different names. */
const names = (count: number) => Array.from({ length: count }, (_, i) => `name ${i}`);

Deno.test("sorting gives way after each 512 names sorted and each 64 merged", () => {
  const steps = (count: number) => [...sorted(names(count))].length;
  assert.equal(steps(0), 0);
  assert.equal(steps(512), 1);
  assert.equal(steps(1_024), 2 + 1_024 / 64);
  assert.equal(steps(2_048), 4 + 2 * 1_024 / 64 + 2_048 / 64);
});

Deno.test("a slice has at most 2,048 steps, and looks at the clock after each eighth", async () => {
  const fake = new FakeClock();
  let looks = 0;
  const clock = {
    now: () => {
      looks++;
      return fake.now();
    },
    wall: () => fake.wall(),
    after: (delay: number, run: () => void) => fake.after(delay, run),
    turn: fake.turn,
  };
  let steps = 0;
  const result = new Slices(clock).run(work(5_000, () => steps++));
  await Promise.resolve();
  assert.deepEqual([steps, looks, fake.pending], [2_048, 1 + 2_048 / 8, 1]);
  await fake.advanceAsync(0);
  assert.equal(await result, "done");
  assert.deepEqual([steps, fake.pending], [5_000, 0]);
});

Deno.test("a slice goes on until 2 ms have passed", async () => {
  const fake = new FakeClock();
  let spent = 0;
  const clock = {
    now: () => spent,
    wall: () => fake.wall(),
    after: (delay: number, run: () => void) => fake.after(delay, run),
    turn: fake.turn,
  };
  const slices = new Slices(clock);
  const result = slices.run(work(100, () => spent += 0.25));
  await Promise.resolve();
  assert.equal(spent, 4, "2 ms are over at the eighth step, more than 2 at the sixteenth");
  slices.close();
  await assert.rejects(result, /abandoned/);
  await assert.rejects(slices.run(work(1, () => {})), /abandoned/, "nor does it begin any more");
});
