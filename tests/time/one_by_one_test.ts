import assert from "node:assert/strict";
import { oneByOne } from "../../lib/time/mod.ts";

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
