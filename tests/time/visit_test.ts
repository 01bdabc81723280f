import assert from "node:assert/strict";
import { FakeClock, mappedInSlices, visitInSlices } from "../../lib/time/mod.ts";

/** A clock by which work takes as long as it says, turns 3 ms, and others `othersMs` in between. */
class WorkClock extends FakeClock {
  spent = 0;
  turns = 0;
  #turnedAt = 0;

  constructor(othersMs = 0) {
    super();
    const isOver = () => this.spent - this.#turnedAt >= 3;
    this.turn = {
      get isOver() {
        return isOver();
      },
      next: () => {
        this.turns++;
        this.spent += othersMs;
        this.#turnedAt = this.spent;
        return Promise.resolve();
      },
    };
  }

  override now(): number {
    return super.now() + this.spent;
  }
}

/** Lengths of the slices in which so many items are visited that take so long each. */
async function lengthsOf(items: number, ms: number, clock = new WorkClock()): Promise<number[]> {
  const seen: number[][] = [];
  const all = Array.from({ length: items }, (_, i) => i);
  await visitInSlices(all, clock, (slice) => {
    clock.spent += ms * slice.length;
    seen.push([...slice]);
  });
  assert.deepEqual(seen.flat(), all, "each is visited once, in order");
  return seen.map(({ length }) => length);
}

Deno.test("short items are visited more and more at a time, 32 at most", async () => {
  assert.deepEqual(await lengthsOf(0, 0), []);
  assert.deepEqual(await lengthsOf(1, 0), [1]);
  assert.deepEqual(await lengthsOf(100, 0), [1, 2, 4, 8, 16, 32, 32, 5]);
});

Deno.test("long items are visited one at a time, so that no slice is much longer", async () => {
  assert.deepEqual(await lengthsOf(5, 4), [1, 1, 1, 1, 1]);
  assert.deepEqual(await lengthsOf(12, 0.3), [1, 2, 4, 2, 3]);
});

Deno.test("a turn that is over ends with a look at what else there is to do", async () => {
  const clock = new WorkClock();
  await lengthsOf(4, 2, clock);
  assert.equal(clock.turns, 2);
});

Deno.test("how long an item takes is measured without what others do meanwhile", async () => {
  assert.deepEqual(await lengthsOf(3, 1), [1, 1, 1], "a slice of 1 ms is long");
  const clock = new WorkClock(10);
  clock.spent = 3;
  assert.deepEqual(await lengthsOf(10, 0, clock), [1, 2, 4, 3]);
  assert.equal(clock.spent, 13);
});

Deno.test("a long list is mapped in slices, each to as many as it comes to, in order", async () => {
  const clock = new WorkClock();
  const slices: number[] = [];
  const mapped = await mappedInSlices([1, 2, 0, 3], clock, (some) => {
    slices.push(some.length);
    clock.spent += 2;
    return some.flatMap((count) => Array<number>(count).fill(count));
  });
  assert.deepEqual([mapped, slices, clock.turns], [[1, 2, 2, 3, 3, 3], [1, 1, 1, 1], 2]);
});
