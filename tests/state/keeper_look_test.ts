import assert from "node:assert/strict";
import type { SavedBackend } from "../../lib/checker/mod.ts";
import { EventStream, Journal } from "../../lib/events/mod.ts";
import { MemoryKeeping } from "../../lib/simulation/mod.ts";
import { Keeper, type Kept } from "../../lib/state/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { backend, event } from "./support/fixtures.ts";

/** A keeper of backends that a test changes without telling anybody. */
async function looking(backends: Map<string, SavedBackend>, keeping = new MemoryKeeping()) {
  const [clock, log] = [new FakeClock(), new RecordedLog()];
  const events = new EventStream(clock, log);
  const journal = new Journal(events);
  const keeper = new Keeper({ keeping, clock, log, journal });
  await keeper.open();
  const checker: Kept = {
    events,
    backendNames: () => [...backends.keys()],
    frontendNames: () => [],
    saved: (name) => backends.get(name),
    savedWeights: () => [],
    savedFailOpen: () => undefined,
  };
  keeper.follow(checker);
  await clock.advanceAsync(0);
  keeping.batches.length = 0;
  const reload = () =>
    events.emit([{ kind: "reload", result: "applied", changes: [], cause: { kind: "config" } }]);
  return {
    ...{ clock, log, journal, keeper, keeping, events, reload },
    /** When batches were begun, in milliseconds from the start. */
    times: () => keeping.batches.map(({ aliveAt }) => aliveAt - clock.wall() + clock.now()),
    async [Symbol.asyncDispose]() {
      await keeper.close();
      journal[Symbol.dispose]();
      events.close();
    },
  };
}

/** An event about one backend, as somebody emits it. */
function told(name: string) {
  const { seq: _seq, at: _at, ...rest } = event(1, { backend: name });
  return { ...rest, frontends: [] };
}

Deno.test("whatever of a backend has changed that no event tells is found, and nothing else", async () => {
  const said = { by: { name: "anna", from: "here" }, at: 5 };
  const first = backend("a", { enabled: true, said });
  const backends = new Map([["a", first], ["b", backend("b")]]);
  await using kept = await looking(backends);
  const drain = { said, deadlineMs: undefined, overdue: [], drainedAt: undefined };
  const flaps = { changes: [], holds: 1, calmSince: 4 };
  const changes: Partial<SavedBackend>[] = [
    ...[{ state: "down" as const }, { counter: 3 }, { since: 2 }, { enabled: false }],
    ...[{ target: "other" }, { said: undefined }, { said: { ...said, at: 6 } }],
    ...[{ said: { ...said, by: { ...said.by, name: "otto" } } }, { drain }, { flaps }],
  ];
  for (const change of changes) {
    // There, and back again.
    for (const now of [{ ...first, ...change }, first]) {
      backends.set("a", now);
      kept.keeping.batches.length = 0;
      await kept.clock.advanceAsync(10_000);
      assert.deepEqual(kept.keeping.batches.map(({ backends }) => backends), [[now]]);
    }
  }
});

Deno.test("an event has nothing looked for but what it names", async () => {
  const backends = new Map([["a", backend("a")], ["b", backend("b")]]);
  await using kept = await looking(backends);
  await kept.clock.advanceAsync(5_000);
  for (const name of backends.keys()) backends.set(name, backend(name, { counter: 3 }));
  kept.events.emit([told("b")]);
  await kept.clock.advanceAsync(50);
  const names = () => kept.keeping.batches.map(({ backends }) => backends.map(({ name }) => name));
  assert.deepEqual(names(), [["b"]]);
  await kept.clock.advanceAsync(4_950);
  assert.deepEqual([names(), kept.times()], [[["b"], ["a"]], [5_050, 10_000]]);
});

Deno.test("a reload has everything looked at soon, and then every 10 s again", async () => {
  const backends = new Map([["a", backend("a")], ["b", backend("b")]]);
  await using kept = await looking(backends);
  await kept.clock.advanceAsync(3_000);
  backends.delete("b");
  kept.reload();
  await kept.clock.advanceAsync(27_000);
  assert.deepEqual(kept.times(), [3_050, 13_050, 23_050]);
  assert.deepEqual(kept.keeping.batches.map(({ gone }) => gone), [["b"], [], []]);
});

Deno.test("what is kept at once is not kept again with what has gathered before", async () => {
  await using kept = await looking(new Map([["a", backend("a")]]));
  kept.events.emit([told("a")]);
  await kept.clock.advanceAsync(20);
  const reason = kept.keeper.kept({ backends: [], frontends: [] });
  await kept.clock.advanceAsync(0);
  assert.equal(await reason, undefined);
  await kept.clock.advanceAsync(100);
  assert.deepEqual(kept.times(), [20]);
});

Deno.test("events that come together, or while the disk is at work, lead to no more batches", async () => {
  const keeping = new MemoryKeeping();
  await using kept = await looking(new Map([["a", backend("a")]]), keeping);
  for (let i = 0; i < 3; i++) {
    kept.events.emit([told("a")]);
    await kept.clock.advanceAsync(10);
  }
  await kept.clock.advanceAsync(100);
  assert.deepEqual(kept.times(), [50]);
  const write = keeping.write.bind(keeping);
  const { promise, resolve } = Promise.withResolvers<void>();
  keeping.write = async (batch) => {
    keeping.write = write;
    await promise;
    return await write(batch);
  };
  kept.events.emit([told("a")]);
  await kept.clock.advanceAsync(70);
  kept.events.emit([told("a")]);
  resolve();
  await kept.clock.advanceAsync(100);
  assert.deepEqual(kept.times(), [50, 180, 200]);
});

Deno.test("who only waits while the disk is at work is answered by a batch after it", async () => {
  const keeping = new MemoryKeeping();
  await using kept = await looking(new Map([["a", backend("a")]]), keeping);
  const write = keeping.write.bind(keeping);
  const waiting: (() => void)[] = [];
  keeping.write = async (batch) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return await write(batch);
  };
  const nobody = { backends: [], frontends: [] };
  const answers: (string | undefined)[] = [];
  const ask = () => void kept.keeper.kept(nobody).then((reason) => answers.push(reason));
  ask();
  await kept.clock.advanceAsync(0);
  ask();
  for (const count of [1, 2]) {
    waiting.shift()?.();
    await kept.clock.advanceAsync(0);
    assert.deepEqual(answers, Array(count).fill(undefined));
  }
  keeping.write = write;
});

Deno.test("a look that is due while the disk is at work follows, and is the last when that ends", async () => {
  const keeping = new MemoryKeeping();
  const kept = await looking(new Map([["a", backend("a")]]), keeping);
  const write = keeping.write.bind(keeping);
  const waiting: (() => void)[] = [];
  keeping.write = async (batch) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return await write(batch);
  };
  const goOn = async () => {
    waiting.shift()?.();
    await kept.clock.advanceAsync(0);
  };
  kept.events.emit([told("a")]);
  await kept.clock.advanceAsync(15_000);
  await goOn();
  await goOn();
  assert.deepEqual(kept.times(), [50, 15_000]);
  await kept.clock.advanceAsync(10_000);
  assert.equal(waiting.length, 1, "10 s after the last one");
  const closing = kept.keeper.close();
  for (let i = 0; i < 3; i++) await goOn();
  await closing;
  const before = keeping.batches.length;
  const late = kept.keeper.kept({ backends: [], frontends: [] });
  await kept.clock.advanceAsync(60_000);
  assert.deepEqual([keeping.batches.length - before, waiting.length], [0, 0]);
  assert.notEqual(await late, undefined);
});

Deno.test("what goes wrong often is told as a number, at the end at latest", async () => {
  const kept = await looking(new Map());
  const full = { kind: "failed", reason: "database or disk is full" } as const;
  for (let i = 0; i < 7; i++) {
    kept.keeping.outcomes.push(full);
    const reason = kept.keeper.kept({ backends: [], frontends: [] });
    await kept.clock.advanceAsync(0);
    assert.equal(await reason, full.reason);
  }
  assert.equal(kept.log.named("state-not-kept").length, 5);
  await kept.keeper.close();
  assert.deepEqual(kept.log.named("log-limited").map(({ suppressed }) => suppressed), [2]);
  assert.equal(kept.clock.pending, 0);
});

Deno.test("the journal on disk is read as far as that in memory does not reach", async () => {
  await using kept = await looking(new Map());
  for (const seq of [1, 2, 3]) kept.keeping.events.push(event(seq));
  const numbers = async () =>
    (await kept.keeper.list({ order: "oldest", limit: 9 })).events.map(({ seq }) => seq);
  assert.deepEqual(await numbers(), [1, 2, 3]);
  kept.journal.restore([event(3)], 3);
  assert.deepEqual(await numbers(), [1, 2]);
});

Deno.test("what may be told before the next batch is claimed, so many numbers and no more", async () => {
  await using kept = await looking(new Map([["a", backend("a")]]));
  kept.events.emit([told("a")]);
  await kept.clock.advanceAsync(50);
  assert.equal(kept.keeping.lastSeq, 100_001);
});
