import assert from "node:assert/strict";
import { FakeClock, inSlices, mappedInSlices, oneByOne, type Steps } from "../../lib/time/mod.ts";

function* work(steps: number, each: () => void): Steps<string> {
  for (let i = 0; i < steps; i++) {
    each();
    yield;
  }
  return "done";
}

Deno.test("short work is done without a pause", async () => {
  const clock = new FakeClock();
  let done = 0;
  const result = inSlices(clock, work(100, () => done++));
  assert.equal(done, 100);
  assert.equal(await result, "done");
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
  assert.equal(await inSlices({ turn }, work(60, () => done++)), "done");
  assert.deepEqual(turns, [20, 40, 60]);
});

Deno.test("an error in the work rejects", async () => {
  const broken = work(1, () => {
    throw new Error("broken");
  });
  await assert.rejects(inSlices(new FakeClock(), broken), /broken/);
});

Deno.test("work that waits for its next slice is abandoned when that is asked for", async () => {
  const abandoned = new AbortController();
  const clock = { turn: { isOver: true, next: () => Promise.resolve() } };
  let done = 0;
  const result = inSlices(clock, work(100_000, () => done++), abandoned.signal);
  abandoned.abort(new Error("no longer wanted"));
  await assert.rejects(result, /no longer wanted/);
  assert.equal(done, 1);
  await assert.rejects(inSlices(clock, work(1, () => done++), abandoned.signal), /no longer/);
  assert.equal(done, 1, "and none is begun");
});

Deno.test("each has a turn, in order, and one of them waits for it at a time", async () => {
  const waiting: (() => void)[] = [];
  const turn = {
    isOver: false,
    next: () => new Promise<void>((resolve) => void waiting.push(resolve)),
  };
  const next = oneByOne({ turn });
  const done: number[] = [];
  const all = [1, 2, 3].map((n) => next().then(() => done.push(n)));
  for (const n of [1, 2, 3]) {
    while (waiting.length === 0) await Promise.resolve();
    assert.equal(waiting.length, 1);
    waiting.pop()?.();
    await all[n - 1];
    assert.equal(done.at(-1), n);
  }
});

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

/** Lengths of the slices in which so many items are mapped that take so long each. */
async function lengthsOf(items: number, ms: number, clock = new WorkClock()): Promise<number[]> {
  const seen: number[][] = [];
  const all = Array.from({ length: items }, (_, i) => i);
  await mappedInSlices(all, clock, (slice) => {
    clock.spent += ms * slice.length;
    seen.push([...slice]);
    return [];
  });
  assert.deepEqual(seen.flat(), all, "each is mapped once, in order");
  return seen.map(({ length }) => length);
}

Deno.test("short items are mapped more and more at a time, 32 at most", async () => {
  assert.deepEqual(await lengthsOf(0, 0), []);
  assert.deepEqual(await lengthsOf(1, 0), [1]);
  assert.deepEqual(await lengthsOf(100, 0), [1, 2, 4, 8, 16, 32, 32, 5]);
});

Deno.test("long items are mapped one at a time, so that no slice is much longer", async () => {
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
