import assert, { deepEqual, equal } from "node:assert/strict";
import { SpareMemory } from "../../lib/daemon/spare_memory.ts";
import { giveBackMemory, lookForGarbage } from "../../lib/net/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { until } from "../support/until.ts";

const mib = 1024 * 1024;

/** A process of 100 MiB, and when it gave memory back, in seconds. */
function setUp() {
  const clock = new FakeClock();
  const given: number[] = [];
  const collected: number[] = [];
  // What hangs on garbage, of what is no garbage yet while it is held, is freed with it.
  const memory = { needed: 100 * mib, spare: 0, external: 0, garbage: 0, hanging: 0 };
  const held = { is: false };
  const spare = new SpareMemory({
    clock,
    memory: () => {
      const { needed, spare, external, garbage, hanging } = memory;
      const heapUsed = needed + garbage;
      return { rss: heapUsed + spare + external + hanging, heapUsed, external };
    },
    collect: () => {
      collected.push(clock.now() / 1000);
      memory.garbage = 0;
      if (held.is) return;
      memory.spare += memory.hanging;
      memory.hanging = 0;
    },
    giveBack: () => {
      given.push(clock.now() / 1000);
      memory.spare = 0;
      return Promise.resolve();
    },
  });
  return { clock, collected, given, held, memory, spare };
}

Deno.test("a process that needs what it has is asked ever more seldom", async () => {
  const { clock, given, spare } = setUp();
  await using _ = spare;
  await clock.advanceAsync(1_300_000);
  assert.deepEqual(given, [10, 30, 70, 150, 310, 630, 950, 1270]);
});

Deno.test("what a burst leaves behind is given back within ten seconds, until nothing is left", async () => {
  const { clock, given, memory, spare } = setUp();
  await using _ = spare;
  await clock.advanceAsync(315_000);
  given.length = 0;
  memory.spare = 130 * mib;
  await clock.advanceAsync(10_000);
  assert.deepEqual([given, memory.spare], [[320], 0]);
  memory.spare = 8 * mib;
  await clock.advanceAsync(10_000);
  memory.spare = 7 * mib;
  await clock.advanceAsync(30_000);
  assert.deepEqual(given, [320, 330, 340, 360]);
});

Deno.test("what is collected long after a burst is given back within ten seconds as well", async () => {
  const { clock, given, memory, spare } = setUp();
  await using _ = spare;
  await clock.advanceAsync(5_000);
  memory.external = 60 * mib;
  await clock.advanceAsync(310_000);
  assert.deepEqual(
    given,
    [10, 30, 70, 150, 310],
    "nothing can be given back as long as it is held",
  );
  memory.external = 53 * mib;
  memory.spare = 7 * mib;
  await clock.advanceAsync(10_000);
  assert.equal(given.length, 5, "so little is not worth it");
  memory.external = 52 * mib;
  memory.spare = 8 * mib;
  await clock.advanceAsync(10_000);
  assert.deepEqual([given.slice(5), memory.spare], [[326], 0]);
});

Deno.test("garbage that a burst leaves behind is looked for within a second", async () => {
  const { clock, collected, memory, spare } = setUp();
  await using _ = spare;
  memory.garbage = 32 * mib - 1;
  await clock.advanceAsync(10_000);
  deepEqual([collected, memory.garbage], [[], 32 * mib - 1]);
  memory.garbage = 32 * mib;
  await clock.advanceAsync(1_000);
  deepEqual([collected, memory.garbage], [[11], 0]);
  memory.garbage = 130 * mib;
  await clock.advanceAsync(1_000);
  deepEqual([collected, memory.garbage], [[11, 12], 0]);
});

Deno.test("what is no garbage is looked through ever more seldom, and at once when there is more", async () => {
  const { clock, collected, memory, spare } = setUp();
  await using _ = spare;
  memory.needed = 140 * mib;
  await clock.advanceAsync(240_000);
  deepEqual(collected, [1, 3, 7, 15, 31, 63, 127, 207]);
  memory.needed = 172 * mib;
  await clock.advanceAsync(1_000);
  deepEqual(collected.slice(8), [241]);
  memory.garbage = 8 * mib;
  await clock.advanceAsync(3_000);
  deepEqual(collected.slice(9), [243, 244], "the one at 241 was in vain, the next was not");
  memory.garbage = 8 * mib - 1;
  await clock.advanceAsync(6_000);
  deepEqual(collected.slice(11), [246, 250], "so little is not worth it");
});

Deno.test("what hangs on garbage is given back as well, also when it has long been there", async () => {
  const { clock, given, collected, held, memory, spare } = setUp();
  await using _ = spare;
  memory.hanging = 64 * mib - 1;
  await clock.advanceAsync(100_000);
  deepEqual(collected, []);
  memory.hanging = 64 * mib;
  held.is = true;
  await clock.advanceAsync(600_000);
  held.is = false;
  await clock.advanceAsync(92_000);
  deepEqual([memory.hanging, memory.spare], [0, 0]);
  equal(given.length < 20, true, "it was tried seldom while that was in vain");
});

Deno.test("V8 looks for garbage when it is shown a reason", async () => {
  let kept: unknown[] = Array.from(
    { length: 100 },
    () => Array.from({ length: 10_000 }, (_, n) => ({ n, text: `${n}` })),
  );
  const before = Deno.memoryUsage().heapUsed;
  kept = [];
  equal(lookForGarbage(), true);
  await until(() => {
    // It is looked for in steps that allocations pay for.
    kept = Array.from({ length: 1_000 }, (_, n) => ({ n }));
    return Deno.memoryUsage().heapUsed < before - 32 * mib;
  });
  equal(kept.length, 1_000);
});

Deno.test("who stops waits for what is being given back, and leaves no timer", async () => {
  const clock = new FakeClock();
  const giving = Promise.withResolvers<void>();
  const memory = () => ({ rss: 0, heapUsed: 0, external: 0 });
  const collect = () => {};
  const spare = new SpareMemory({ clock, memory, collect, giveBack: () => giving.promise });
  await clock.advanceAsync(10_000);
  let isOver = false;
  const ending = spare[Symbol.asyncDispose]().then(() => isOver = true);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  assert.equal(isOver, false);
  giving.resolve();
  await ending;
  assert.equal(clock.pending, 0);
});

Deno.test("the C library takes the request", async () => {
  await giveBackMemory();
});
