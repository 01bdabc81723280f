import assert from "node:assert/strict";
import { type EventLoop, YieldQueue } from "../../lib/time/yield_queue.ts";

/** A loop that comes round when it is told to, and what it did. */
function setUp() {
  let now = 1_000;
  const pending: (() => void)[] = [];
  const seen: string[] = [];
  const at = (what: string) => () =>
    new Promise<void>((resolve) => {
      pending.push(() => {
        seen.push(what);
        resolve();
      });
    });
  const loop: EventLoop = { now: () => now, round: at("round"), look: at("look") };
  const queue = new YieldQueue(loop);
  return {
    ...{ queue, seen },
    /** Asks for a turn, in which `name` works for `ms`. */
    ask: (name: string, ms: number, isLong?: boolean) =>
      void queue.next(isLong).then(() => {
        seen.push(name);
        now += ms;
      }),
    /** Time passes without turns. */
    pass: (ms: number) => void (now += ms),
    /** Comes round until nobody waits. */
    async come() {
      for (let next = pending.shift(); next; next = pending.shift()) {
        next();
        for (let i = 0; i < 10; i++) await undefined;
      }
      return seen.splice(0);
    },
  };
}

Deno.test("each who works in slices has a round of its own, in order", async () => {
  const { ask, come } = setUp();
  ask("first", 1);
  await come();
  for (const name of ["a", "b", "c"]) ask(name, 0.5);
  assert.deepEqual(await come(), ["round", "a", "round", "b", "round", "c"]);
});

Deno.test("after 3 ms of work sockets are looked at, however many worked", async () => {
  const { ask, come } = setUp();
  for (const name of ["a", "b", "c", "d"]) ask(name, 2);
  const expected = ["round", "look", "a", "round", "b", "round", "look", "c", "round", "d"];
  assert.deepEqual(await come(), expected);
});

Deno.test("who asks for it has the sockets looked at before", async () => {
  const { ask, come } = setUp();
  ask("a", 1);
  await come();
  ask("b", 0);
  ask("c", 0, true);
  assert.deepEqual(await come(), ["round", "look", "b", "round", "c"]);
  ask("d", 0);
  assert.deepEqual(await come(), ["round", "d"], "once");
});

Deno.test("a turn is over after 3 ms, and begins when the loop has come round", async () => {
  const { queue, ask, come, pass } = setUp();
  assert.equal(queue.isOver, true, "nobody knows since when it lasts");
  ask("a", 2);
  await come();
  assert.equal(queue.isOver, false);
  pass(1);
  assert.equal(queue.isOver, true);
  ask("b", 0);
  await come();
  assert.equal(queue.isOver, false);
});

Deno.test("the first turn begins with a look at the sockets, however early", async () => {
  const { queue, ask, come, pass } = setUp();
  pass(-1_000);
  assert.equal(queue.isOver, true);
  ask("a", 0);
  assert.deepEqual(await come(), ["round", "look", "a"]);
});
