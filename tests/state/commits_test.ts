import assert from "node:assert/strict";
import { Journal } from "../../lib/events/mod.ts";
import { Keeper } from "../../lib/state/mod.ts";
import type { Written } from "../../lib/state/types.ts";
import { MemoryKeeping } from "../../lib/simulation/mod.ts";
import { Bench, pass, sketch } from "../checker/support/bench.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { steer } from "../support/steer.ts";

const names = Array.from({ length: 1_500 }, (_, i) => `b${i}`);
const config = sketch({
  backends: Object.fromEntries(names.map((name) => [name, {}])),
  frontends: { f: [{ b0: 100, b1: 50 }] },
});
const full: Written = { kind: "failed", reason: "database or disk is full" };

/** A disk that answers when it is told to. */
class SlowKeeping extends MemoryKeeping {
  readonly waiting: (() => void)[] = [];
  isSlow = false;

  override async write(batch: Parameters<MemoryKeeping["write"]>[0]) {
    if (this.isSlow) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return await super.write(batch);
  }
}

/** A checker with 1,500 backends, and a keeper that has nothing left to do. */
async function following(keeping = new SlowKeeping()) {
  const bench = new Bench(config);
  const journal = new Journal(bench.stream);
  const keeper = new Keeper({ keeping, clock: bench.clock, log: new RecordedLog(), journal });
  await keeper.open();
  const wasKept = keeper.condition.notKept === undefined;
  keeper.follow(bench.checker);
  const turn = (ms: number) => bench.clock.advanceAsync(ms);
  await turn(0);
  return {
    ...{ bench, checker: bench.checker, keeping, keeper, turn, wasKept },
    /** Asks for this backend to be kept; the result tells what came of it so far. */
    ask(name: string) {
      const asked: { isOver: boolean; reason?: string | undefined } = { isOver: false };
      keeper.kept({ backends: [name], frontends: [] })
        .then((reason) => Object.assign(asked, { isOver: true, reason }));
      return asked;
    },
    async [Symbol.asyncDispose]() {
      keeping.isSlow = false;
      for (const goOn of keeping.waiting) goOn();
      await keeper.close();
      bench[Symbol.dispose]();
    },
  };
}

Deno.test("what somebody waits for is kept at once, and what gathers with it", async () => {
  await using kept = await following();
  kept.bench.probe("b7", pass);
  await kept.turn(10);
  assert.equal(kept.keeping.backends.get("b7")?.state, "unknown", "it is still gathered");
  steer(kept.checker).pause("b0");
  const asked = kept.ask("b0");
  assert.equal(asked.isOver, false);
  await kept.turn(0);
  assert.deepEqual(asked, { isOver: true, reason: undefined });
  assert.equal(kept.keeping.backends.get("b0")?.state, "paused");
  assert.equal(kept.keeping.backends.get("b7")?.state, "up");
});

Deno.test("a word that changed nothing is kept as well", async () => {
  await using kept = await following();
  steer(kept.checker).enable("b0");
  const asked = kept.ask("b0");
  await kept.turn(0);
  assert.equal(asked.isOver, true);
  assert.ok(kept.keeping.backends.get("b0")?.said);
  steer(kept.checker).setWeight("f", "pool0", "b1", 9, false);
  const reason = kept.keeper.kept({ backends: [], frontends: ["f"] });
  await kept.turn(0);
  assert.equal(await reason, undefined);
  assert.deepEqual(kept.keeping.state.weights.map(({ weight }) => weight), [9]);
});

Deno.test("who speaks while the disk is at work waits for the batch after that", async () => {
  await using kept = await following();
  kept.keeping.isSlow = true;
  steer(kept.checker).pause("b0");
  const first = kept.ask("b0");
  steer(kept.checker).pause("b1");
  const second = kept.ask("b1");
  await kept.turn(0);
  kept.keeping.waiting.shift()?.();
  await kept.turn(0);
  assert.deepEqual([first.isOver, second.isOver], [true, false]);
  assert.equal(kept.keeping.backends.get("b1")?.state, "unknown");
  kept.keeping.waiting.shift()?.();
  await kept.turn(0);
  assert.deepEqual(second, { isOver: true, reason: undefined });
  assert.equal(kept.keeping.backends.get("b1")?.state, "paused");
});

Deno.test("what needs more than one batch is answered after the last of them", async () => {
  await using kept = await following();
  kept.keeping.isSlow = true;
  for (const name of names) steer(kept.checker).pause(name);
  const asked = kept.ask("b1499");
  await kept.turn(0);
  kept.keeping.waiting.shift()?.();
  await kept.turn(0);
  assert.deepEqual([asked.isOver, kept.keeping.waiting.length], [false, 1], "the next follows");
  kept.keeping.waiting.shift()?.();
  await kept.turn(0);
  assert.equal(asked.isOver, true);
  assert.equal(kept.keeping.backends.get("b1499")?.state, "paused");
});

Deno.test("a disk that refuses is told of, and tried again for whoever speaks next", async () => {
  await using kept = await following();
  kept.keeping.outcomes.push(full);
  steer(kept.checker).pause("b0");
  const first = kept.ask("b0");
  await kept.turn(0);
  assert.deepEqual(first, { isOver: true, reason: "database or disk is full" });
  const since = kept.bench.clock.wall();
  assert.deepEqual(kept.keeper.condition.notKept, { since, reason: "database or disk is full" });
  await kept.turn(1_000);
  kept.keeping.outcomes.push({ ...full, reason: "still full" });
  kept.ask("b0");
  await kept.turn(0);
  assert.deepEqual(kept.keeper.condition.notKept, { since, reason: "still full" });
  const next = kept.ask("b1");
  await kept.turn(0);
  assert.deepEqual(next, { isOver: true, reason: undefined });
  assert.equal(kept.keeping.backends.get("b0")?.state, "paused");
  assert.equal(kept.keeper.condition.notKept, undefined);
});

Deno.test("a disk that hangs holds whoever speaks for two seconds, and nobody after that", async () => {
  await using kept = await following();
  kept.keeping.isSlow = true;
  steer(kept.checker).pause("b0");
  const first = kept.ask("b0");
  await kept.turn(1_500);
  const second = kept.ask("b1");
  await kept.turn(499);
  assert.deepEqual([first.isOver, second.isOver], [false, false]);
  await kept.turn(1);
  const late = { isOver: true, reason: "the disk has not answered for 2 s" };
  assert.deepEqual([first, second], [late, late]);
  await kept.turn(5_000);
  const third = kept.ask("b2");
  await kept.turn(0);
  assert.deepEqual(third, late);
  kept.keeping.isSlow = false;
  kept.keeping.waiting.shift()?.();
  await kept.turn(0);
  assert.equal(
    kept.keeping.backends.get("b0")?.state,
    "paused",
    "it comes to be kept all the same",
  );
  const fourth = kept.ask("b3");
  await kept.turn(0);
  assert.deepEqual(fourth, { isOver: true, reason: undefined });
});

Deno.test("however the batch before ended, the disk has two seconds for the next", async () => {
  for (const outcome of [full, { kind: "kept" } as const]) {
    await using kept = await following();
    kept.keeping.outcomes.push(outcome);
    kept.ask("b0");
    await kept.turn(3_000);
    kept.keeping.isSlow = true;
    const asked = kept.ask("b0");
    await kept.turn(1_999);
    assert.equal(asked.isOver, false);
    await kept.turn(1);
    assert.equal(asked.isOver, true);
  }
});

Deno.test("a file that was replaced is filled before anybody is answered", async () => {
  await using kept = await following();
  const text = "it was damaged";
  await kept.turn(60_000);
  kept.keeping.outcomes.push({ kind: "emptied", troubles: [{ level: "error", text }] });
  steer(kept.checker).pause("b0");
  const asked = kept.ask("b0");
  await kept.turn(0);
  assert.deepEqual(asked, { isOver: true, reason: undefined });
  assert.equal(kept.keeping.backends.get("b0")?.state, "paused");
  assert.deepEqual(kept.keeper.condition, {
    notKept: undefined,
    troubles: [{ at: kept.bench.clock.wall(), text }],
  });
});

Deno.test("of troubles the last ten are remembered", async () => {
  const keeping = new SlowKeeping();
  const troubles = Array.from({ length: 12 }, (_, i) => ({ level: "warn", text: `${i}` } as const));
  keeping.opened = { isWritable: true, troubles };
  await using kept = await following(keeping);
  assert.equal(kept.wasKept, true);
  const texts = kept.keeper.condition.troubles.map(({ text }) => text);
  assert.deepEqual(texts, ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
});

Deno.test("where nothing can be kept nobody waits", async () => {
  const keeping = new SlowKeeping();
  keeping.opened = { isWritable: false, troubles: [{ level: "error", text: "read-only" }] };
  await using kept = await following(keeping);
  assert.equal(await kept.keeper.kept({ backends: ["b0"], frontends: [] }), "read-only");
  const { notKept } = kept.keeper.condition;
  assert.equal(notKept?.reason, "read-only");
});

Deno.test("who still waits at the end is answered", async () => {
  const kept = await following();
  kept.keeping.isSlow = true;
  steer(kept.checker).pause("b0");
  const before = kept.ask("b0");
  await kept.turn(0);
  const closing = kept.keeper.close();
  const after = kept.ask("b1");
  for (let i = 0; i < 4; i++) {
    kept.keeping.waiting.shift()?.();
    await kept.turn(0);
  }
  await closing;
  assert.deepEqual([before, after], [
    { isOver: true, reason: undefined },
    { isOver: true, reason: undefined },
  ]);
  const late = kept.ask("b2");
  await kept.turn(2_000);
  assert.equal(late.isOver, true);
  kept.bench[Symbol.dispose]();
});
