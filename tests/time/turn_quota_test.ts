import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { FakeClock, TurnQuota } from "../../lib/time/mod.ts";

/** A clock whose loop comes round when it is told to. */
function setUp(limits = { pieces: 3, ms: 10 }) {
  const clock = new FakeClock();
  const rounds: (() => void)[] = [];
  clock.turn = {
    isOver: false,
    next: () => new Promise((resolve) => void rounds.push(resolve)),
  };
  const waits = { count: 0 };
  const quota = new TurnQuota(clock, limits, () => void waits.count++);
  const done: string[] = [];
  /** Asks for a piece that takes `ms`. */
  const ask = (name: string, ms = 0) =>
    void quota.next().then(() => {
      done.push(name);
      clock.jump(ms);
    });
  /** Lets all that can happen happen. */
  const settle = async () => {
    for (let i = 0; i < 200; i++) await undefined;
  };
  return {
    ...{ clock, quota, done, ask, settle, waits },
    rounds: () => rounds.length,
    async turn() {
      rounds.shift()?.();
      await settle();
    },
  };
}

Deno.test("of many pieces each turn does so many, first come first served", async () => {
  const { ask, done, rounds, turn, settle, quota, waits } = setUp();
  for (let i = 0; i < 8; i++) ask(`${i}`);
  await settle();
  assert.deepEqual([done, quota.waiting, rounds()], [["0", "1", "2"], 5, 1]);
  await turn();
  assert.deepEqual([done.slice(3), quota.waiting, rounds()], [["3", "4", "5"], 2, 1]);
  ask("8");
  await turn();
  assert.deepEqual([done.slice(6), quota.waiting, waits.count], [["6", "7", "8"], 0, 6]);
});

Deno.test("a turn ends when its time is over, however few the pieces were", async () => {
  const { ask, done, turn, settle } = setUp();
  ask("a", 4);
  ask("b", 6);
  await settle();
  for (const name of ["c", "d", "e"]) ask(name, 6);
  await settle();
  assert.deepEqual(done, ["a", "b"]);
  await turn();
  assert.deepEqual(done, ["a", "b", "c", "d"], "the second began after 6 ms");
  await turn();
  assert.deepEqual(done, ["a", "b", "c", "d", "e"]);
});

Deno.test("who comes now and then never waits", async () => {
  const { clock, ask, done, rounds, settle } = setUp();
  for (let i = 0; i < 20; i++) {
    ask(`${i}`);
    await settle();
    clock.jump(10);
  }
  assert.deepEqual([done.length, rounds()], [20, 0]);
});

Deno.test("who comes again in every turn never waits either", async () => {
  for (const limits of [{ pieces: 8, ms: 1_000 }, { pieces: 1_000, ms: 8 }]) {
    const { clock, ask, done, waits, settle } = setUp(limits);
    for (let i = 0; i < 50; i++) {
      ask(`${i}`);
      await settle();
      clock.jump(1);
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    assert.deepEqual([done.length, waits.count], [50, 0], JSON.stringify(limits));
  }
});

Deno.test("who comes while others wait waits behind them, though time has passed", async () => {
  const { clock, ask, done, turn, settle } = setUp({ pieces: 1, ms: 10 });
  ask("a");
  ask("b");
  clock.jump(50);
  ask("c");
  await settle();
  assert.deepEqual(done, ["a"]);
  await turn();
  assert.deepEqual(done, ["a", "b"]);
  await turn();
  assert.deepEqual(done, ["a", "b", "c"]);
});

Deno.test("who leaves is let in at once, and takes nothing from who comes after", async () => {
  const { quota, done, ask, turn, settle } = setUp({ pieces: 1, ms: 10 });
  ask("a");
  const leave = quota.join(() => done.push("left"));
  ask("b");
  await settle();
  leave();
  leave();
  assert.deepEqual([done, quota.waiting], [["a", "left"], 1]);
  await turn();
  assert.deepEqual(done, ["a", "left", "b"]);
  leave();
  assert.equal(quota.waiting, 0);
});

Deno.test("when nobody waits any more the next one is let in at once again", async () => {
  const { clock, ask, done, turn, rounds, settle } = setUp({ pieces: 1, ms: 10 });
  ask("a");
  ask("b");
  await settle();
  await turn();
  clock.jump(10);
  ask("c");
  await settle();
  assert.deepEqual([done, rounds()], [["a", "b", "c"], 0]);
});

Deno.test("a long queue is let in whole, in order", async () => {
  const { quota, ask, done, turn, settle } = setUp({ pieces: 700, ms: 10 });
  for (let i = 0; i < 5_000; i++) ask(`${i}`);
  await settle();
  while (quota.waiting > 0) {
    await turn();
    for (let i = 0; i < 40; i++) await settle();
  }
  assert.deepEqual(done, Array.from({ length: 5_000 }, (_, i) => `${i}`));
});

Deno.test("when a quarter is spent the loop is asked to come round, and not before", async () => {
  for (const [pieces, atOnce] of [[4, 4], [5, 3]] as const) {
    const { ask, waits, settle } = setUp({ pieces, ms: 1_000 });
    for (let i = 0; i < 2; i++) ask(`${i}`);
    await settle();
    // The second of four began with a quarter spent, that of five with less.
    await new Promise<void>((resolve) => setImmediate(resolve));
    for (let i = 0; i < atOnce; i++) ask(`${i}`);
    assert.equal(waits.count, 0);
    ask("last");
    assert.equal(waits.count, 1, `of ${pieces}`);
  }
});

Deno.test("who asks from within its piece is counted like anybody else", () => {
  const { quota, done } = setUp({ pieces: 3, ms: 10 });
  const again = () => {
    done.push(`${done.length}`);
    quota.join(again);
  };
  quota.join(again);
  assert.deepEqual([done, quota.waiting], [["0", "1", "2"], 1]);
});

Deno.test("the loop comes round once for all who asked for it", async () => {
  const { ask, waits } = setUp({ pieces: 4, ms: 1_000 });
  const immediate = (run: () => void) =>
    new Promise<void>((resolve) => {
      setImmediate(() => {
        run();
        resolve();
      });
    });
  const some = (count: number) => () => {
    for (let i = 0; i < count; i++) ask(`${i}`);
  };
  some(2)();
  const next = immediate(some(4));
  some(2)();
  await Promise.all([next, immediate(() => assert.equal(waits.count, 0)), immediate(some(1))]);
  assert.equal(waits.count, 1);
});
