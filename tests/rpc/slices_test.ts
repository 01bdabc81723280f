import assert from "node:assert/strict";
import { Breather, inSlices } from "../../lib/rpc/slices.ts";
import { FakeClock } from "../../lib/time/mod.ts";

/** A clock that does not start at 0. */
function lateClock(): FakeClock {
  const clock = new FakeClock();
  clock.advance(1000);
  return clock;
}

Deno.test("work gives way after more than 4 ms, and has as long again after its turn", async () => {
  const clock = lateClock();
  const breather = new Breather(clock);
  clock.advance(4);
  assert.equal(breather.due, false);
  await breather.breathe();
  assert.equal(clock.pending, 0);
  clock.advance(0.5);
  assert.equal(breather.due, true);
  let over = false;
  const turn = breather.breathe().then(() => over = true);
  await Promise.resolve();
  assert.deepEqual([clock.pending, over], [1, false]);
  clock.jump(100);
  await turn;
  assert.equal(breather.due, false, "what others took is not its own");
  clock.advance(5);
  assert.equal(breather.due, true);
});

Deno.test("giving way takes no time where nobody else has anything to do", async () => {
  const clock = lateClock();
  const breather = new Breather(clock);
  clock.advance(5);
  const turn = breather.breathe();
  clock.advance(0);
  await turn;
  assert.equal(clock.now(), 1005);
});

Deno.test("a long list is visited 32 items at a time, each once", async () => {
  for (const [count, lengths] of [[0, []], [1, [1]], [64, [32, 32]], [70, [32, 32, 6]]] as const) {
    const items = Array.from({ length: count }, (_, i) => i);
    const seen: number[][] = [];
    await inSlices(items, lateClock(), (slice) => void seen.push([...slice]));
    assert.deepEqual(seen.map(({ length }) => length), lengths);
    assert.deepEqual(seen.flat(), items);
  }
});

/** A clock by which work takes as long as it says. */
class WorkClock extends FakeClock {
  spent = 0;

  override now(): number {
    return super.now() + this.spent;
  }
}

Deno.test("each slice that takes long is followed by a turn for others, the last one too", async () => {
  const clock = new WorkClock();
  const items = Array.from({ length: 40 });
  let visited = 0;
  let over = false;
  const visiting = inSlices(items, clock, () => {
    visited++;
    clock.spent += 5;
  }).then(() => over = true);
  for (let slice = 1; slice <= 2; slice++) {
    assert.deepEqual([visited, clock.pending, over], [slice, 1, false]);
    clock.advance(0);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  }
  await visiting;
  assert.deepEqual([visited, clock.pending], [2, 0]);
});
