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

Deno.test("long work ends its turn of the event loop when that is over", async () => {
  let done = 0;
  const turns: number[] = [];
  let ends = 20;
  const turn = {
    get isOver() {
      return done >= ends;
    },
    next: () => {
      turns.push(done);
      ends += 20;
      return Promise.resolve();
    },
  };
  assert.equal(await new Slices({ turn }).run(work(60, () => done++)), "done");
  assert.deepEqual(turns, [24, 40], "it looks every eight steps");
});

Deno.test("an error in the work rejects", async () => {
  const broken = work(1, () => {
    throw new Error("broken");
  });
  await assert.rejects(new Slices(new FakeClock()).run(broken), /broken/);
});

Deno.test("closing abandons work that waits", async () => {
  const slices = new Slices(new FakeClock());
  let done = 0;
  const result = slices.run(work(100_000, () => done++));
  slices.close();
  await assert.rejects(result, /abandoned because maglevd is stopping/);
  assert.ok(done < 3_000, `${done} steps`);
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
  assert.equal(steps(1_000), 2 + Math.floor(1_000 / 64));
  assert.equal(steps(2_048), 4 + 2 * 1_024 / 64 + 2_048 / 64);
});

Deno.test("a slice has at most 2,048 steps, and looks at the turn after each eighth", async () => {
  let [steps, looks] = [0, 0];
  const turns: (readonly [steps: number, looks: number])[] = [];
  const turn = {
    get isOver() {
      looks++;
      return false;
    },
    next: () => {
      turns.push([steps, looks]);
      return Promise.resolve();
    },
  };
  assert.equal(await new Slices({ turn }).run(work(5_000, () => steps++)), "done");
  assert.deepEqual(turns, [[2_048, 2_048 / 8], [4_096, 4_096 / 8]]);
});

Deno.test("what is closed begins no more work", async () => {
  const slices = new Slices(new FakeClock());
  slices.close();
  let steps = 0;
  await assert.rejects(slices.run(work(1, () => steps++)), /abandoned/);
  assert.equal(steps, 0);
});
