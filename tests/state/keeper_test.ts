import assert from "node:assert/strict";
import { Journal } from "../../lib/events/mod.ts";
import { MemoryKeeping } from "../../lib/simulation/mod.ts";
import { Keeper, restoredFrom } from "../../lib/state/mod.ts";
import type { Written } from "../../lib/state/types.ts";
import { Bench, fail, httpCheck, pass, sketch } from "../checker/support/bench.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { steer } from "../support/steer.ts";
import { backend, weight } from "./support/fixtures.ts";

const config = sketch({
  backends: { a: {}, b: {} },
  frontends: { f: [{ a: 100, b: 50 }], g: [{ b: 1 }] },
});

/** A checker, and a keeper that follows it. */
async function following(keeping = new MemoryKeeping(), bench = new Bench(config)) {
  const log = new RecordedLog();
  const journal = new Journal(bench.stream);
  const keeper = new Keeper({ keeping, clock: bench.clock, log, journal });
  await keeper.open();
  keeper.follow(bench.checker);
  const pass = (ms: number) => bench.clock.advanceAsync(ms);
  await pass(0);
  return {
    ...{ bench, keeping, keeper, log, pass },
    /** What the file holds is what the checker would be asked for. */
    assertKept() {
      const { checker } = bench;
      const names = checker.backendNames();
      const backends = names.map((name) => checker.saved(name));
      assert.deepEqual(
        [...keeping.backends.values()].sort((x, y) => x.name < y.name ? -1 : 1),
        backends,
      );
      const weights = checker.frontendNames().flatMap((name) => checker.savedWeights(name));
      assert.deepEqual(keeping.state.weights, weights);
    },
    async [Symbol.asyncDispose]() {
      await keeper.close();
      bench[Symbol.dispose]();
    },
  };
}

Deno.test("what becomes of a checker is kept soon", async () => {
  await using kept = await following();
  const { bench: { checker }, bench, pass: turn } = kept;
  kept.assertKept();
  bench.probe("a", pass);
  await turn(50);
  assert.equal(kept.keeping.backends.get("a")?.state, "up");
  steer(checker).pause("b", { name: "anna", from: "here" });
  steer(checker).setWeight("f", "pool0", "a", 7, false);
  await turn(50);
  kept.assertKept();
  assert.equal(kept.keeping.backends.get("b")?.said?.by.name, "anna");
  steer(checker).setWeight("f", "pool0", "a", 100, false);
  await turn(50);
  kept.assertKept();
  assert.deepEqual(kept.keeping.state.weights, []);
});

Deno.test("what no event tells is found within 10 s, and that nothing changed is noted", async () => {
  await using kept = await following();
  const { bench } = kept;
  const begun = bench.clock.wall();
  bench.probe("a", pass);
  bench.probe("a", fail);
  steer(bench.checker).enable("b");
  await kept.pass(10_100);
  kept.assertKept();
  assert.ok(kept.keeping.backends.get("b")?.said, "a word that changed nothing");
  const before = kept.keeping.batches.length;
  steer(bench.checker).pause("a");
  steer(bench.checker).pause("b");
  await kept.pass(100);
  kept.keeping.batches.length = 0;
  await kept.pass(30_000);
  const { batches } = kept.keeping;
  assert.ok(before > 0);
  assert.ok(batches.every(({ backends, frontends }) => backends.length + frontends.length === 0));
  const looks = batches.filter(({ events }) => events.length === 0);
  const times = looks.map(({ aliveAt }) => aliveAt - begun);
  assert.deepEqual(times, [20_000, 30_000, 40_000], "every 10 s");
});

Deno.test("of transitions that come together a thousand are one batch, and of events 500", async () => {
  const names = Array.from({ length: 1_001 }, (_, i) => `b${i}`);
  const many = sketch({ backends: Object.fromEntries(names.map((name) => [name, {}])) });
  await using kept = await following(new MemoryKeeping(), new Bench(many));
  await kept.pass(20_000);
  kept.keeping.batches.length = 0;
  for (const name of names) steer(kept.bench.checker).pause(name);
  await kept.pass(100);
  const { batches } = kept.keeping;
  assert.deepEqual(batches.slice(0, 3).map(({ backends }) => backends.length), [1_000, 1, 0]);
  assert.deepEqual(batches.slice(0, 3).map(({ events }) => events.length), [500, 500, 500]);
  kept.assertKept();
});

Deno.test("what is gone with a reload, or since the last run, is gone from the file", async () => {
  const keeping = new MemoryKeeping();
  for (const name of ["a", "old"]) keeping.backends.set(name, backend(name));
  keeping.weights.set("past", [weight("past", "old")]);
  await using kept = await following(keeping);
  kept.assertKept();
  steer(kept.bench.checker).setWeight("g", "pool0", "b", 9, false);
  await kept.bench.reload(sketch({ backends: { b: {} }, frontends: { f: [{ b: 50 }] } }));
  await kept.pass(100);
  kept.assertKept();
  assert.deepEqual([...keeping.backends.keys()], ["b"]);
});

Deno.test("however slow the disk is, it is asked one thing at a time", async () => {
  const keeping = new MemoryKeeping();
  const write = keeping.write.bind(keeping);
  const waiting: (() => void)[] = [];
  let [now, most] = [0, 0];
  keeping.write = async (batch) => {
    most = Math.max(most, ++now);
    await new Promise<void>((resolve) => waiting.push(resolve));
    now--;
    return await write(batch);
  };
  const kept = await following(keeping);
  const { bench } = kept;
  const goOn = async () => {
    waiting.shift()?.();
    await kept.pass(0);
  };
  await kept.pass(100);
  // Each of them wants everything looked at while the first write is still on its way.
  for (let i = 0; i < 3; i++) {
    await bench.reload(sketch({ backends: { a: {}, [`c${i}`]: {} } }));
    await kept.pass(100);
  }
  for (let i = 0; i < 20; i++) await goOn();
  assert.equal(most, 1);
  assert.deepEqual([...keeping.backends.keys()].sort(), ["a", "c2"]);
  // The end waits for what is on its way as well.
  steer(bench.checker).pause("a");
  await kept.pass(100);
  assert.equal(waiting.length, 1);
  const closing = kept.keeper.close();
  for (let i = 0; i < 5; i++) await goOn();
  await closing;
  assert.equal(most, 1);
  assert.equal(keeping.backends.get("a")?.state, "paused");
  bench[Symbol.dispose]();
});

Deno.test("what could not be kept is tried again, said, and health checking goes on", async () => {
  await using kept = await following();
  const { bench, keeping, log } = kept;
  const full: Written = { kind: "failed", reason: "database or disk is full" };
  keeping.outcomes.push(full, full);
  bench.probe("a", pass);
  await kept.pass(100);
  assert.deepEqual(log.named("state-not-kept").map(({ err }) => err), ["database or disk is full"]);
  assert.equal(keeping.backends.get("a")?.state, "unknown");
  bench.probe("b", pass);
  assert.equal(bench.state("b"), "up");
  await kept.pass(30_000);
  kept.assertKept();
  assert.equal(log.named("state-kept-again").length, 1);
});

Deno.test("a file that was emptied is filled again", async () => {
  await using kept = await following();
  const { bench, keeping, log } = kept;
  steer(bench.checker).setWeight("g", "pool0", "b", 9, false);
  await kept.pass(100);
  const text = "it was damaged";
  keeping.outcomes.push({ kind: "emptied", troubles: [{ level: "error", text }] });
  bench.probe("a", pass);
  await kept.pass(100);
  kept.assertKept();
  assert.deepEqual(log.named("state-trouble").map(({ err }) => err), [text]);
});

Deno.test("what changes as the disk has just done its work is kept soon, too", async () => {
  // From one turn of those who wait for the disk to the next.
  for (let turns = 0; turns < 12; turns++) {
    const keeping = new MemoryKeeping();
    await using kept = await following(keeping);
    const { checker } = kept.bench;
    const write = keeping.write.bind(keeping);
    keeping.write = (batch) => {
      keeping.write = write;
      const later = (left: number): void => {
        if (left > 0) queueMicrotask(() => later(left - 1));
        else steer(checker).pause("b");
      };
      later(turns);
      return write(batch);
    };
    steer(checker).pause("a");
    await kept.pass(100);
    kept.assertKept();
    assert.equal(keeping.backends.get("b")?.state, "paused");
  }
});

Deno.test("what is to be kept before there is a checker waits for it", async () => {
  const [keeping, bench] = [new MemoryKeeping(), new Bench(config)];
  const journal = new Journal(bench.stream);
  const keeper = new Keeper({ keeping, clock: bench.clock, log: new RecordedLog(), journal });
  await keeper.open();
  steer(bench.checker).pause("a");
  const reason = keeper.kept({ backends: ["a"], frontends: [] });
  await bench.clock.advanceAsync(100);
  assert.deepEqual(keeping.batches, []);
  keeper.follow(bench.checker);
  await bench.clock.advanceAsync(0);
  assert.equal(await reason, undefined);
  assert.equal(keeping.backends.get("a")?.state, "paused");
  await keeper.close();
  bench[Symbol.dispose]();
});

Deno.test("at the end a counter is kept that has moved without an event", async () => {
  const kept = await following();
  kept.bench.probe("a", pass);
  await kept.pass(100);
  kept.bench.probe("a", fail);
  await kept.keeper.close();
  kept.assertKept();
  kept.bench[Symbol.dispose]();
});

Deno.test("at the end what is left is kept", async () => {
  const kept = await following();
  kept.bench.probe("a", pass);
  steer(kept.bench.checker).setWeight("g", "pool0", "b", 9, false);
  await kept.keeper.close();
  kept.assertKept();
  assert.equal(kept.keeping.isClosed, true);
  kept.bench.probe("b", pass);
  await kept.pass(60_000);
  assert.equal(kept.keeping.backends.get("b")?.state, "unknown");
  kept.bench[Symbol.dispose]();
});

Deno.test("at the end what could not be kept before is tried once more", async () => {
  const kept = await following();
  const full: Written = { kind: "failed", reason: "database or disk is full" };
  kept.keeping.outcomes.push(full);
  steer(kept.bench.checker).disable("a");
  await kept.pass(100);
  assert.equal(kept.keeping.backends.get("a")?.state, "unknown");
  // Somebody has made room, and starts maglevd anew before it would have tried again.
  await kept.keeper.close();
  kept.assertKept();
  kept.bench[Symbol.dispose]();
  const hopeless = await following();
  hopeless.keeping.outcomes.push(full, full);
  steer(hopeless.bench.checker).disable("a");
  await hopeless.pass(100);
  await hopeless.keeper.close();
  assert.equal(hopeless.keeping.backends.get("a")?.state, "unknown");
  assert.equal(hopeless.keeping.isClosed, true);
  hopeless.bench[Symbol.dispose]();
});

Deno.test("a file that cannot be written is read, and left alone", async () => {
  const keeping = new MemoryKeeping();
  keeping.opened = { isWritable: false, troubles: [{ level: "error", text: "read-only" }] };
  await using kept = await following(keeping);
  kept.bench.probe("a", pass);
  const { pending } = kept.bench.clock;
  kept.keeper.flushed({ vip: "v", addresses: [] });
  assert.equal(kept.bench.clock.pending, pending, "nothing is begun");
  await kept.pass(60_000);
  assert.deepEqual(keeping.batches, []);
  assert.deepEqual(kept.log.named("state-trouble").map(({ err }) => err), ["read-only"]);
});

Deno.test("a restarted maglevd is what it was, by way of the file", async () => {
  const kept = await following();
  const { bench, keeping } = kept;
  bench.probe("a", pass);
  steer(bench.checker).disable("b", { name: "anna", from: "here" });
  steer(bench.checker).setWeight("f", "pool0", "a", 33, false);
  await kept.keeper.close();
  const restored = restoredFrom(keeping.state, bench.clock.wall(), 120_000);
  using next = new Bench(config, { restored });
  assert.deepEqual([next.state("a"), next.state("b")], ["up", "disabled"]);
  assert.deepEqual(next.checker.frontend("f")?.config, bench.checker.frontend("f")?.config);
  assert.deepEqual(next.events, []);
  using other = new Bench(
    sketch({ checks: [httpCheck("web", { port: 81 })], backends: { a: {} } }),
    { restored },
  );
  assert.equal(other.state("a"), "unknown");
  bench[Symbol.dispose]();
});
