import assert from "node:assert/strict";
import { Journal } from "../../lib/events/mod.ts";
import { FileKeeping, Keeper } from "../../lib/state/mod.ts";
import { Store } from "../../lib/state/store.ts";
import { Bench, pass, sketch } from "../checker/support/bench.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { steer } from "../support/steer.ts";
import { DiskWorker } from "./support/hung_worker.ts";

const config = sketch({
  backends: { a: {}, b: {}, c: {} },
  frontends: { f: [{ a: 100, b: 50 }] },
});

/** A checker that is kept in a file of its own, on a disk that can hang. */
async function following(capacity = 10_000) {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  const bench = new Bench(config);
  const { clock, checker } = bench;
  const log = new RecordedLog();
  const journal = new Journal(bench.stream, capacity);
  const workers: DiskWorker[] = [];
  const keeping = new FileKeeping(folder, clock, () => {
    const worker = new DiskWorker(() => clock.wall());
    workers.push(worker);
    return worker;
  });
  const keeper = new Keeper({ keeping, clock, log, journal });
  await keeper.open();
  keeper.follow(checker);
  const turn = (ms: number) => clock.advanceAsync(ms);
  await turn(0);
  return {
    ...{ folder, bench, clock, checker, log, journal, keeper, workers, turn },
    /** The disk of the thread that is at work. */
    disk: () => workers.at(-1) ?? assert.fail("there is no thread"),
    /** What somebody is told who disables this backend. */
    disable(name: string) {
      steer(checker).disable(name, { name: "anna", from: "here" });
      const told: { isOver?: true; reason?: string | undefined } = {};
      void keeper.kept({ backends: [name], frontends: [] })
        .then((reason) => Object.assign(told, { isOver: true, reason }));
      return told;
    },
    reasons: () => log.named("state-not-kept").map(({ err }) => err),
    /** What the next maglevd would find if this one were killed now. */
    survivor() {
      for (const worker of workers) worker.end();
      using store = new Store(folder, () => clock.wall());
      const { state, troubles } = store.open();
      assert.deepEqual(troubles, []);
      const disabled = state.backends.filter(({ enabled }) => enabled === false);
      return { ...state, disabled: disabled.map(({ name }) => name).sort().join(" ") };
    },
    async [Symbol.asyncDispose]() {
      const closing = keeper.close();
      await turn(5_000);
      await closing;
      for (const worker of workers) worker.end();
      bench[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const late = (seconds: number) => `the disk has not answered for ${seconds} s`;

for (const seconds of [5, 30, 600]) {
  Deno.test(`after a disk that hung for ${seconds} s all is kept that was said meanwhile`, async () => {
    await using kept = await following();
    const { keeper, clock } = kept;
    kept.disk().isHanging = true;
    const begun = clock.wall();
    const first = kept.disable("a");
    await kept.turn(1_999);
    assert.deepEqual([first, keeper.condition.notKept], [{}, undefined]);
    await kept.turn(1);
    assert.deepEqual(first, { isOver: true, reason: late(2) });
    assert.deepEqual(keeper.condition.notKept, { since: begun + 2_000, reason: late(2) });
    await kept.turn(1_000);
    const second = kept.disable("b");
    await kept.turn(0);
    assert.deepEqual(second, { isOver: true, reason: late(2) }, "at once");
    await kept.turn((seconds - 3) * 1_000);
    const told = 2 + Math.floor((seconds - 2) / 10) * 10;
    assert.deepEqual(keeper.condition.notKept, { since: begun + 2_000, reason: late(told) });
    const records = kept.log.named("state-not-kept").length;
    assert.ok(records >= 1 && records <= 5 + seconds / 10, `${records} records`);
    assert.equal(kept.log.named("state-kept-again").length, 0);
    kept.disk().isHanging = false;
    await kept.turn(0);
    assert.equal(keeper.condition.notKept, undefined);
    assert.equal(kept.log.named("state-kept-again").length, 1);
    const third = kept.disable("c");
    await kept.turn(0);
    assert.deepEqual(third, { isOver: true, reason: undefined });
    assert.equal(kept.workers.length, 1);
    const { disabled, events } = kept.survivor();
    assert.equal(disabled, "a b c");
    assert.deepEqual(events.map(({ seq }) => seq), kept.bench.events.map(({ seq }) => seq));
  });
}

Deno.test("a disk that hangs for ever is told of again and again, and asked for no more", async () => {
  await using kept = await following(100);
  kept.disk().isHanging = true;
  kept.disable("a");
  await kept.turn(60_000);
  const before = { asked: kept.disk().asked.length, timers: kept.clock.pending };
  for (let hour = 0; hour < 6; hour++) {
    for (let i = 0; i < 100; i++) {
      kept.bench.probe("c", pass);
      steer(kept.checker).pause("c");
      steer(kept.checker).resume("c");
      const told = kept.disable("b");
      await kept.turn(0);
      assert.equal(told.isOver, true);
      steer(kept.checker).enable("b");
    }
    kept.log.records.length = 0;
    await kept.turn(3_600_000);
    const { length } = kept.log.named("state-not-kept");
    assert.ok(length > 0 && length <= 360, `${length} records in an hour`);
  }
  assert.deepEqual({ asked: kept.disk().asked.length, timers: kept.clock.pending }, before);
  assert.match(kept.keeper.condition.notKept?.reason ?? "", /not answered for 2\d{4} s/);
  // What the journal could not hold meanwhile is lost, and told; nobody's word is.
  kept.disk().isHanging = false;
  await kept.turn(0);
  assert.equal(kept.log.named("journal-gap").length, 1);
  kept.disable("b");
  await kept.turn(0);
  assert.equal(kept.survivor().disabled, "a b");
});

Deno.test("the end waits for a disk that hangs for five seconds in all", async () => {
  const kept = await following();
  kept.disk().isHanging = true;
  const told = kept.disable("a");
  await kept.turn(1_000);
  let isOver = false;
  const closing = kept.keeper.close().then(() => isOver = true);
  await kept.turn(4_999);
  assert.equal(isOver, false);
  await kept.turn(1);
  assert.equal(isOver, true);
  await closing;
  assert.equal(kept.disk().isTerminated, true);
  assert.equal(told.isOver, true);
  assert.ok(kept.reasons().includes("the disk has not answered before the end"));
  const { length } = kept.disk().asked;
  await kept.turn(60_000);
  assert.equal(kept.disk().asked.length, length, "nothing goes on");
  // The kernel carries out what it was told, whenever that is.
  kept.disk().isHanging = false;
  assert.equal(kept.survivor().disabled, "a");
  await kept[Symbol.asyncDispose]();
});

Deno.test("a disk that answers within the end keeps what was said, and the end takes no longer", async () => {
  const kept = await following();
  kept.disk().isHanging = true;
  kept.disable("a");
  await kept.turn(60_000);
  kept.disable("b");
  const closing = kept.keeper.close();
  await kept.turn(3_000);
  kept.disk().isHanging = false;
  await kept.turn(0);
  await closing;
  assert.equal(kept.disk().kinds.endsWith("write close"), true);
  assert.equal(kept.survivor().disabled, "a b");
  await kept[Symbol.asyncDispose]();
});

Deno.test("a thread that ends while its disk hangs is replaced, and all is written anew", async () => {
  await using kept = await following();
  kept.disk().isHanging = true;
  kept.disable("a");
  await kept.turn(30_000);
  kept.disable("b");
  await kept.turn(0);
  const first = kept.disk();
  first.end();
  first.die("disk I/O error");
  await kept.turn(10_000);
  assert.ok(kept.reasons().includes("disk I/O error"));
  assert.equal(kept.workers.length, 2);
  assert.equal(kept.keeper.condition.notKept, undefined);
  const [trouble] = kept.log.named("state-trouble").map(({ err }) => String(err));
  assert.match(trouble ?? "", /the thread that kept it has ended \(disk I\/O error\)$/);
  assert.match(kept.keeper.condition.troubles[0]?.text ?? "", /has ended/);
  assert.equal(kept.survivor().disabled, "a b");
});

Deno.test("a file that turns out to be removed when the disk answers is filled again", async () => {
  await using kept = await following();
  kept.disable("a");
  await kept.turn(0);
  kept.disk().isHanging = true;
  kept.disable("b");
  await kept.turn(600_000);
  Deno.removeSync(`${kept.folder}/state.db`);
  kept.disk().isHanging = false;
  await kept.turn(0);
  assert.match(String(kept.log.named("state-trouble")[0]?.err), /was removed by somebody/);
  assert.equal(kept.keeper.condition.notKept, undefined);
  assert.equal(kept.survivor().disabled, "a b");
});
