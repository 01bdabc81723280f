import assert from "node:assert/strict";
import { FakeClock, inSlices, systemClock, type Turn, yieldIfDue } from "../../lib/time/mod.ts";

/** A turn that a test ends, counting how often another one was begun. */
class CountedTurn implements Turn {
  isOver = false;
  begun = 0;

  next(): Promise<void> {
    this.isOver = false;
    this.begun++;
    return Promise.resolve();
  }
}

function clockWith(turn: Turn): FakeClock {
  const clock = new FakeClock();
  clock.turn = turn;
  return clock;
}

Deno.test("what yields if due lets others have their turn only when the present one is over", async () => {
  const turn = new CountedTurn();
  await yieldIfDue(clockWith(turn));
  assert.equal(turn.begun, 0);
  turn.isOver = true;
  await yieldIfDue(clockWith(turn));
  assert.equal(turn.begun, 1);
});

Deno.test("work in slices gives way whenever the turn is over, and has its result", async () => {
  const turn = new CountedTurn();
  function* work() {
    for (let step = 0; step < 10; step++) {
      turn.isOver = step % 3 === 0;
      yield;
    }
    return "done";
  }
  assert.equal(await inSlices(clockWith(turn), work()), "done");
  assert.equal(turn.begun, 4);
});

Deno.test("on a fake clock work is never interrupted, and another turn comes at once", async () => {
  const clock = new FakeClock();
  clock.advance(1_000);
  assert.equal(clock.turn.isOver, false);
  await clock.turn.next();
  assert.equal(clock.pending, 0);
});

Deno.test("the system's turn is over after some milliseconds of work; timers run in the next", async () => {
  await systemClock.turn.next();
  const begun = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ran = new Promise<void>((resolve) => timer = setTimeout(resolve, 0));
  while (!systemClock.turn.isOver) {
    // Work that holds the loop; it ends, since a turn does.
  }
  assert.ok(performance.now() - begun >= 2);
  await systemClock.turn.next();
  assert.equal(systemClock.turn.isOver, false);
  await ran;
  clearTimeout(timer);
});
