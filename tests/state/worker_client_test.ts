import assert from "node:assert/strict";
import { FileKeeping } from "../../lib/state/mod.ts";
import { fileName } from "../../lib/state/store.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { backend, batch, event } from "./support/fixtures.ts";

Deno.test("a worker keeps and reads the file, and ends", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  try {
    const first = new FileKeeping(folder, new FakeClock());
    const { isWritable, troubles } = await first.open();
    assert.deepEqual([isWritable, troubles], [true, []]);
    assert.deepEqual(await first.write(batch({ aliveAt: 5, backends: [backend("a")] })), {
      kind: "kept",
    });
    await first.close();
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
    await second.close();
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
    await keeping.close();
    assert.deepEqual((await keeping.list({ order: "newest", limit: 2 }, 9)).events, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a batch has half a minute, and the end five seconds", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  try {
    for (const [writeMs, closeMs] of [[29_999, 4_999], [29_999, 5_000], [30_000, 0]] as const) {
      const clock = new FakeClock();
      const keeping = new FileKeeping(folder, clock);
      await keeping.open();
      const writing = keeping.write(batch({}));
      // The worker has had no turn of the event loop to answer.
      await clock.advanceAsync(writeMs);
      const late = { kind: "failed", reason: "the disk took longer than 30 s" };
      assert.deepEqual(await writing, writeMs === 30_000 ? late : { kind: "kept" });
      const closing = keeping.close();
      await clock.advanceAsync(closeMs);
      await closing;
      const reason = writeMs === 30_000
        ? "the disk took longer than 30 s"
        : closeMs === 5_000
        ? "the disk took longer than 5 s"
        : "it has been closed";
      assert.deepEqual(await keeping.write(batch({})), { kind: "failed", reason });
      assert.equal(clock.pending, 0);
    }
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
  await keeping.close();
});

Deno.test("a disk that hangs is given up, and nobody waits for it again", async () => {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  try {
    const clock = new FakeClock();
    const keeping = new FileKeeping(`${folder}/state`, clock);
    const opening = keeping.open();
    clock.advance(30_000);
    const { isWritable, troubles } = await opening;
    assert.equal(isWritable, false);
    assert.match(troubles[0]?.text ?? "", /the disk took longer than 30 s: nothing will be kept/);
    const written = await keeping.write(batch({}));
    assert.deepEqual(written, { kind: "failed", reason: "the disk took longer than 30 s" });
    await keeping.close();
    assert.equal(clock.pending, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
