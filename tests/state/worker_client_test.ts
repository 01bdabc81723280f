import assert from "node:assert/strict";
import { FileKeeping } from "../../lib/state/mod.ts";
import { fileName } from "../../lib/state/store.ts";
import { nothingSaved, type Opened } from "../../lib/state/types.ts";
import { workerModule, workerName } from "../../lib/state/worker_server.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { startWorker } from "../../lib/workers/mod.ts";
import { backend, batch, event } from "./support/fixtures.ts";
import { HungWorker } from "./support/hung_worker.ts";

Deno.test("a worker keeps and reads the file, and ends", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  try {
    const first = new FileKeeping(folder, new FakeClock());
    const { isWritable, troubles } = await first.open();
    assert.deepEqual([isWritable, troubles], [true, []]);
    assert.deepEqual(await first.write(batch({ aliveAt: 5, backends: [backend("a")] })), {
      kind: "kept",
    });
    await first.close(5_000);
    const left = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assert.deepEqual(left, [fileName], "nothing is left to be put into it");
    const second = new FileKeeping(folder, new FakeClock());
    assert.deepEqual((await second.open()).state, {
      ...{ events: [], lastSeq: 0 },
      aliveAt: 5,
      backends: [backend("a")],
      weights: [],
      failOpens: [],
      flushes: [],
    });
    await second.close(5_000);
    assert.deepEqual(await second.write(batch({})), {
      kind: "failed",
      reason: "it has been closed",
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("who has something to keep waits for one page at most that others read", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  try {
    const keeping = new FileKeeping(folder, new FakeClock());
    await keeping.open();
    await keeping.write(batch({ events: [1, 2, 3].map((seq) => event(seq, { at: Date.now() })) }));
    const order: string[] = [];
    const note = (what: string) => () => void order.push(what);
    const pages = Array.from({ length: 5 }, () => keeping.list({ order: "newest", limit: 2 }, 9));
    const read = pages.map((page) => page.then(note("read")));
    await Promise.all([...read, keeping.write(batch({})).then(note("kept"))]);
    assert.ok(order.indexOf("kept") <= 1, `${order}`);
    assert.deepEqual((await Promise.all(pages)).map(({ events }) => events.length), [
      2,
      2,
      2,
      2,
      2,
    ]);
    await keeping.close(5_000);
    assert.deepEqual((await keeping.list({ order: "newest", limit: 2 }, 9)).events, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("before a file is open nothing is written or read", async () => {
  const keeping = new FileKeeping("/nowhere", new FakeClock());
  const failed = { kind: "failed", reason: "the file is not open" };
  assert.deepEqual(await keeping.write(batch({})), failed);
  const nothing = { events: [], next: undefined };
  assert.deepEqual(await keeping.list({ order: "newest", limit: 2 }, 9), nothing);
  await keeping.close(5_000);
});

const opened: Opened = { state: nothingSaved, isWritable: true, troubles: [] };
const noEvents = { events: [], next: undefined };

/** A file behind threads that hang. */
async function hanging() {
  const clock = new FakeClock();
  const workers: HungWorker[] = [];
  const start = () => {
    const worker = new HungWorker();
    workers.push(worker);
    return worker;
  };
  const keeping = new FileKeeping("/state", clock, start);
  const worker = (i: number) => workers[i] ?? assert.fail(`there is no thread ${i}`);
  const opening = keeping.open();
  worker(0).answer(opened);
  assert.equal((await opening).isWritable, true);
  return { clock, keeping, workers, worker };
}

/** What has come of it so far. */
function followed<T>(promise: Promise<T>): { value?: T } {
  const outcome: { value?: T } = {};
  void promise.then((value) => outcome.value = value);
  return outcome;
}

for (const ms of [5_000, 30_000, 600_000, 86_400_000]) {
  Deno.test(`a disk that hangs for ${ms / 1000} s has one batch, and takes the next`, async () => {
    const { clock, keeping, workers, worker } = await hanging();
    const first = followed(keeping.write(batch({})));
    await clock.advanceAsync(ms);
    assert.deepEqual(first, {});
    assert.equal(worker(0).kinds, "open write");
    worker(0).answer({ kind: "kept" });
    await clock.advanceAsync(0);
    assert.deepEqual(first.value, { kind: "kept" });
    const second = keeping.write(batch({}));
    worker(0).answer({ kind: "emptied", troubles: [] });
    assert.deepEqual(await second, { kind: "emptied", troubles: [] });
    assert.deepEqual([workers.length, clock.pending], [1, 0]);
  });
}

Deno.test("who reads the journal while the disk hangs waits five seconds, and others not at all", async () => {
  const { clock, keeping, worker } = await hanging();
  const page = () => followed(keeping.list({ order: "newest", limit: 2 }, 9));
  const write = followed(keeping.write(batch({})));
  await clock.advanceAsync(3_000);
  const [first, second] = [page(), page()];
  await clock.advanceAsync(4_999);
  assert.deepEqual([first, second], [{}, {}]);
  await clock.advanceAsync(1);
  assert.deepEqual([first.value, second.value], [noEvents, noEvents]);
  for (let i = 0; i < 100; i++) {
    const later = page();
    await clock.advanceAsync(0);
    assert.deepEqual(later.value, noEvents);
  }
  assert.equal(worker(0).kinds, "open write list", "nothing piles up");
  worker(0).answer({ kind: "kept" });
  await clock.advanceAsync(0);
  assert.deepEqual(write.value, { kind: "kept" });
  // The page that nobody waits for any more is no answer to the next question.
  const next = keeping.write(batch({}));
  worker(0).answer({ events: [], next: 7 });
  worker(0).answer({ kind: "failed", reason: "full" });
  assert.deepEqual(await next, { kind: "failed", reason: "full" });
  const found = page();
  await clock.advanceAsync(0);
  worker(0).answer({ events: [], next: 8 });
  await clock.advanceAsync(0);
  assert.deepEqual(found.value, { events: [], next: 8 });
  assert.equal(clock.pending, 0);
});

Deno.test("a disk hangs that has not answered for five seconds, to the millisecond", async () => {
  for (const [ms, asked] of [[4_999, "open write list"], [5_000, "open write"]] as const) {
    const { clock, keeping, worker } = await hanging();
    void keeping.write(batch({}));
    await clock.advanceAsync(ms);
    const page = followed(keeping.list({ order: "newest", limit: 2 }, 9));
    await clock.advanceAsync(0);
    assert.equal(worker(0).kinds, asked);
    await clock.advanceAsync(5_000);
    assert.deepEqual(page.value, noEvents);
  }
});

Deno.test("the end waits for a disk that hangs for as long as it is told to", async () => {
  const { clock, keeping, worker } = await hanging();
  const write = followed(keeping.write(batch({})));
  const closing = followed(keeping.close(5_000).then(() => "closed"));
  await clock.advanceAsync(4_999);
  assert.deepEqual([write, closing, worker(0).isTerminated], [{}, {}, false]);
  await clock.advanceAsync(1);
  const reason = "the disk has not answered before the end";
  assert.deepEqual([write.value, closing.value], [{ kind: "failed", reason }, "closed"]);
  assert.equal(worker(0).isTerminated, true);
  assert.deepEqual(await keeping.write(batch({})), { kind: "failed", reason });
  assert.deepEqual(await keeping.list({ order: "newest", limit: 2 }, 9), noEvents);
  await keeping.close(5_000);
  assert.deepEqual([worker(0).kinds, clock.pending], ["open write close", 0]);
});

Deno.test("another thread takes over from one that has ended, and from none that hangs", async () => {
  const { clock, keeping, workers, worker } = await hanging();
  const write = keeping.write(batch({}));
  const page = keeping.list({ order: "newest", limit: 2 }, 9);
  await clock.advanceAsync(600_000);
  assert.equal(workers.length, 1);
  worker(0).die("disk I/O error");
  assert.deepEqual(await write, { kind: "failed", reason: "disk I/O error" });
  assert.deepEqual(await page, noEvents);
  assert.deepEqual([worker(0).isTerminated, workers.length], [true, 1]);
  assert.deepEqual(await keeping.list({ order: "newest", limit: 2 }, 9), noEvents);
  const locked = keeping.write(batch({}));
  worker(1).answer({
    ...{ state: nothingSaved, isWritable: false },
    troubles: [{ level: "error", text: "it is locked" }, { level: "error", text: "so it is" }],
  });
  assert.deepEqual(await locked, { kind: "failed", reason: "it is locked; so it is" });
  assert.equal(worker(1).isTerminated, true);
  // The disk hangs again while the file is opened.
  const taken = followed(keeping.write(batch({})));
  await clock.advanceAsync(600_000);
  assert.deepEqual([taken, workers.length], [{}, 3]);
  worker(1).die("it ends at last");
  const damaged = { level: "error", text: "it was damaged" } as const;
  worker(2).answer({ ...opened, troubles: [damaged] });
  await clock.advanceAsync(0);
  const text = "/state: the thread that kept it has ended (it is locked; so it is)";
  assert.deepEqual(taken.value, {
    kind: "emptied",
    troubles: [{ level: "error", text }, damaged],
  });
  const next = keeping.write(batch({}));
  worker(2).answer({ kind: "kept" });
  assert.deepEqual(await next, { kind: "kept" });
  worker(2).die("disk I/O error");
  await keeping.close(5_000);
  assert.deepEqual(await keeping.write(batch({})), { kind: "failed", reason: "disk I/O error" });
  assert.deepEqual([workers.length, clock.pending], [3, 0], "nothing begins after the end");
});

Deno.test("a thread that cannot be started is tried again with the next batch", async () => {
  let most = 1;
  const worker = new HungWorker();
  const start = () => {
    if (most-- === 0) throw new Error("out of threads");
    return worker;
  };
  const keeping = new FileKeeping("/state", new FakeClock(), start);
  worker.die("it was killed");
  const failed = { kind: "failed", reason: "out of threads" };
  assert.deepEqual(await keeping.write(batch({})), failed);
  const taken = keeping.write(batch({}));
  worker.answer(opened);
  assert.equal((await taken).kind, "emptied");
  const closing = keeping.close(0);
  worker.answer({ kind: "closed" });
  await closing;
});

Deno.test("a thread that ends by an error gives the file back to the next", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  const threads: Worker[] = [];
  const start = () => {
    const thread = startWorker(workerModule, workerName);
    threads.push(thread);
    return thread;
  };
  try {
    const keeping = new FileKeeping(folder, new FakeClock(), start);
    await keeping.open();
    await keeping.write(batch({ backends: [backend("a")] }));
    for (let i = 0; i < 2; i++) {
      const write = keeping.write(batch({ backends: [backend("b")] }));
      // What it does not understand is an error that nobody expected.
      threads[i]?.postMessage(null);
      await write;
      await new Promise((resolve) => threads[i]?.addEventListener("error", resolve));
      const taken = await keeping.write(batch({}));
      assert.equal(taken.kind, "emptied", JSON.stringify(taken));
    }
    assert.deepEqual(await keeping.write(batch({ backends: [backend("c")] })), { kind: "kept" });
    await keeping.close(5_000);
    const next = new FileKeeping(folder, new FakeClock());
    const { state, troubles } = await next.open();
    assert.deepEqual([state.backends.map(({ name }) => name), troubles], [["a", "b", "c"], []]);
    await next.close(5_000);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a disk that hangs at the start is given up", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  try {
    const clock = new FakeClock();
    const keeping = new FileKeeping(`${folder}/state`, clock);
    const opening = keeping.open();
    clock.advance(30_000);
    const { isWritable, troubles } = await opening;
    assert.equal(isWritable, false);
    assert.match(troubles[0]?.text ?? "", /the disk took longer than 30 s: nothing will be kept/);
    await keeping.close(5_000);
    assert.equal(clock.pending, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
