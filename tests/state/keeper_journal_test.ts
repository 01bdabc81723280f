import assert from "node:assert/strict";
import { Journal } from "../../lib/events/mod.ts";
import { MemoryKeeping } from "../../lib/simulation/mod.ts";
import { Keeper, restoredFrom } from "../../lib/state/mod.ts";
import { Bench, fail, pass, sketch } from "../checker/support/bench.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { steer } from "../support/steer.ts";

const config = sketch({
  backends: { a: {}, b: {} },
  frontends: { f: [{ a: 100, b: 50 }], g: [{ b: 1 }] },
});

/** A keeper with a journal, as the daemon makes them. */
async function journaled(keeping: MemoryKeeping, capacity = 20, bench = new Bench(config)) {
  const journal = new Journal(bench.stream, capacity);
  const log = new RecordedLog();
  const keeper = new Keeper({ keeping, clock: bench.clock, log, journal });
  const state = await keeper.open();
  bench.stream.goOnBehind(state.lastSeq);
  journal.restore(state.events, state.lastSeq);
  keeper.follow(bench.checker);
  await bench.clock.advanceAsync(0);
  return { bench, journal, log, keeper, keeping };
}

Deno.test("events are kept soon, and a clean end leaves no gap between numbers", async () => {
  const first = await journaled(new MemoryKeeping());
  steer(first.bench.checker).pause("a");
  await first.bench.clock.advanceAsync(50);
  const told = first.bench.events.map(({ seq }) => seq);
  assert.deepEqual(first.keeping.events, first.bench.events);
  steer(first.bench.checker).pause("b");
  await first.keeper.close();
  first.bench[Symbol.dispose]();
  assert.deepEqual(first.keeping.events, first.bench.events, "the last as well");
  const second = await journaled(first.keeping);
  assert.deepEqual(second.journal.newestSeq, first.bench.stream.lastSeq);
  assert.equal(
    second.journal.list({ order: "newest", limit: 99 }).events.length,
    first.bench.events.length,
  );
  steer(second.bench.checker).disable("a");
  assert.equal(second.bench.events[0]?.seq, first.bench.stream.lastSeq + 1);
  assert.ok(told.length > 0);
  await second.keeper.close();
  second.bench[Symbol.dispose]();
  assert.deepEqual(
    first.keeping.events.map(({ seq }) => seq),
    first.keeping.events.map((_, i) => i + 1),
  );
});

Deno.test("a restart that changes nothing leaves nothing in the journal", async () => {
  const first = await journaled(new MemoryKeeping());
  for (const name of ["a", "b"]) first.bench.probe(name, pass);
  await first.keeper.close();
  const before = first.keeping.events.length;
  const restored = restoredFrom(first.keeping.state, first.bench.clock.wall(), 60_000);
  first.bench[Symbol.dispose]();
  const second = await journaled(first.keeping, 20, new Bench(config, { restored }));
  second.journal.goOnWith(restored.backends.keys());
  for (const name of ["a", "b"]) second.bench.probe(name, pass);
  const weights = second.bench.events.filter(({ kind }) => kind === "weight");
  assert.equal(weights.length, 3, "whoever watches is told");
  await second.bench.clock.advanceAsync(50);
  assert.equal(second.keeping.events.length, before);
  second.bench.probe("a", fail);
  steer(second.bench.checker).pause("a");
  await second.bench.clock.advanceAsync(50);
  assert.deepEqual(second.log.named("journal-gap"), [], "nothing was lost");
  assert.ok(second.keeping.events.length > before);
  await second.keeper.close();
  second.bench[Symbol.dispose]();
});

Deno.test("a process that is killed gives no number twice", async () => {
  const first = await journaled(new MemoryKeeping());
  steer(first.bench.checker).pause("a");
  await first.bench.clock.advanceAsync(50);
  const survivor = first.keeping.survivor();
  // Told, and lost with the process.
  steer(first.bench.checker).pause("b");
  const last = first.bench.stream.lastSeq;
  const second = await journaled(survivor);
  steer(second.bench.checker).pause("b");
  assert.ok((second.bench.events[0]?.seq ?? 0) > last);
  await second.keeper.close();
  assert.deepEqual(second.keeping.events.slice(-second.bench.events.length), second.bench.events);
  second.bench[Symbol.dispose]();
  await first.keeper.close();
  first.bench[Symbol.dispose]();
});

Deno.test("events that came faster than the disk kept them are lost, which is said", async () => {
  const { bench, keeper, keeping, log } = await journaled(new MemoryKeeping(), 5);
  keeping.outcomes.push({ kind: "failed", reason: "disk full" });
  steer(bench.checker).pause("a");
  await bench.clock.advanceAsync(50);
  for (let i = 0; i < 10; i++) {
    steer(bench.checker).resume("a");
    steer(bench.checker).pause("a");
  }
  await bench.clock.advanceAsync(10_000);
  assert.deepEqual(keeping.events, bench.events.slice(-5), "what the journal still holds");
  assert.deepEqual(log.named("journal-gap").map(({ events }) => events), [bench.events.length - 5]);
  await keeper.close();
  bench[Symbol.dispose]();
});

Deno.test("one event that was lost is said, and none if none was", async () => {
  for (const lost of [0, 1]) {
    const { bench, keeper, keeping, log } = await journaled(new MemoryKeeping(), 5);
    const event = {
      kind: "reload",
      result: "applied",
      changes: [],
      cause: { kind: "config" },
    } as const;
    bench.stream.emit(Array(5 + lost).fill(event));
    await bench.clock.advanceAsync(50);
    assert.equal(keeping.events.length, 5);
    assert.deepEqual(log.named("journal-gap"), lost === 0 ? [] : [{ events: 1 }]);
    await keeper.close();
    bench[Symbol.dispose]();
  }
});

Deno.test("after a file that was damaged the journal is written anew", async () => {
  const { bench, keeper, keeping } = await journaled(new MemoryKeeping());
  steer(bench.checker).pause("a");
  await bench.clock.advanceAsync(50);
  keeping.outcomes.push({ kind: "emptied", troubles: [] });
  steer(bench.checker).resume("a");
  await bench.clock.advanceAsync(50);
  assert.deepEqual(keeping.events, bench.events);
  await keeper.close();
  bench[Symbol.dispose]();
});
