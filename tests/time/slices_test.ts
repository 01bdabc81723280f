import assert from "node:assert/strict";
import { FakeClock, oneByOne, Slices, type Steps } from "../../lib/time/mod.ts";

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

Deno.test("after a step that says it was long the turn is looked at", async () => {
  let looks = 0;
  const turn = {
    get isOver() {
      looks++;
      return false;
    },
    next: () => Promise.resolve(),
  };
  function* long(): Steps<void> {
    yield;
    yield "long";
    yield "long";
    yield;
  }
  await new Slices({ turn }).run(long());
  assert.equal(looks, 2);
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
