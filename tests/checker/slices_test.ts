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
