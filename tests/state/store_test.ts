import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { SavedFailOpen } from "../../lib/checker/mod.ts";
import { fileName, Store } from "../../lib/state/store.ts";
import type { Batch, SavedState } from "../../lib/state/types.ts";
import { backend, batch, events, weight } from "./support/fixtures.ts";

/** A folder of a test. */
async function withFolder(work: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "maglev-state-test-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function reopened(folder: string): SavedState {
  using store = new Store(folder, Date.now);
  const { state, isWritable, troubles } = store.open();
  assert.deepEqual([isWritable, troubles], [true, []]);
  return state;
}

function write(folder: string, ...batches: Batch[]): void {
  using store = new Store(folder, Date.now);
  assert.deepEqual(store.open().troubles, []);
  for (const each of batches) assert.deepEqual(store.write(each), { kind: "kept" });
}

const nothing: SavedState = {
  ...{ aliveAt: 0, backends: [], weights: [], failOpens: [], flushes: [], events: [], lastSeq: 0 },
};

Deno.test("a directory that is not there is made, and holds nothing", () =>
  withFolder((folder) => {
    assert.deepEqual(reopened(`${folder}/a/b`), nothing);
    assert.equal((Deno.statSync(`${folder}/a/b`).mode ?? 0) & 0o777, 0o750);
  }));

Deno.test("a file that is there and empty is said to be so, once", () =>
  withFolder((folder) => {
    write(folder, batch({}));
    Deno.truncateSync(`${folder}/${fileName}`);
    {
      using store = new Store(folder, Date.now);
      const { isWritable, troubles } = store.open();
      assert.equal(isWritable, true);
      assert.deepEqual(troubles.map(({ level }) => level), ["error"]);
      assert.match(troubles[0]?.text ?? "", /state\.db was empty, of 0 bytes: what it held/);
    }
    reopened(folder);
  }));

Deno.test("what was written is there again, to the last field", () =>
  withFolder((folder) => {
    const said = { by: { name: "anna", from: "unix:0" }, at: 1_700_000_000_000.25 };
    const backends = [
      backend("a"),
      backend("b", { state: "paused", counter: 0, said }),
      backend("c", { state: "disabled", counter: 0, enabled: false, said }),
      backend("d", { enabled: true, since: 5.125 }),
      backend("e", {
        drain: { said, deadlineMs: 600_000, overdue: ["f", "g"], drainedAt: 1_700_000_000_001.5 },
      }),
      backend("f", { drain: { said, deadlineMs: undefined, overdue: [], drainedAt: undefined } }),
      backend("g", { flaps: { changes: [1.5, 2], holds: 0, calmSince: -3 } }),
      backend("h", {
        flaps: { changes: [], holds: 2, calmSince: 4, hold: { since: 5, until: 6.25 } },
      }),
    ];
    const weights = [weight("f", "a"), weight("f", "b", { weight: 0, said })];
    const flushes = [{ vip: "v", addresses: ["10.0.0.1", "10.0.0.2"] }];
    const failOpen: SavedFailOpen = {
      frontend: "f",
      open: { since: 1_700_000_000_000.5, from: 1_699_999_940_000.5 },
      uses: [["a", null, "configured"], ["b", 1_699_999_950_000.25, "kept"]],
    };
    const calm: SavedFailOpen = { frontend: "g", uses: [] };
    const frontends = [
      { name: "f", weights, failOpen },
      { name: "g", weights: [], failOpen: calm },
      { name: "h", weights: [] },
    ];
    write(folder, batch({ aliveAt: 17.5, backends, frontends, flushes }));
    assert.deepEqual(reopened(folder), {
      ...{ aliveAt: 17.5, backends, weights, failOpens: [failOpen, calm], flushes },
      ...{ events: [], lastSeq: 0 },
    });
  }));

Deno.test("what is written later takes the place of what was, and what is gone is gone", () =>
  withFolder((folder) => {
    write(
      folder,
      batch({
        backends: [backend("a"), backend("b")],
        frontends: [
          { name: "f", weights: [weight("f", "a"), weight("f", "b")] },
          { name: "g", weights: [weight("g", "a")], failOpen: { frontend: "g", uses: [] } },
          { name: "h", weights: [], failOpen: { frontend: "h", uses: [] } },
        ],
      }),
      batch({
        aliveAt: 9,
        frontends: [{ name: "h", weights: [] }],
      }),
      batch({
        aliveAt: 9,
        backends: [backend("a", { state: "down", counter: 0 })],
        gone: ["b", "x"],
      }),
      batch({
        aliveAt: 9,
        frontends: [{ name: "f", weights: [weight("f", "b")] }],
        flushes: [{ vip: "v", addresses: ["10.0.0.1"] }, { vip: "w", addresses: ["10.0.0.2"] }],
      }),
      batch({
        aliveAt: 9,
        flushes: [{ vip: "v", addresses: [] }, { vip: "w", addresses: ["10.0.0.3"] }],
      }),
    );
    assert.deepEqual(reopened(folder), {
      ...{ events: [], lastSeq: 0 },
      aliveAt: 9,
      backends: [backend("a", { state: "down", counter: 0 })],
      weights: [weight("f", "b"), weight("g", "a")],
      failOpens: [{ frontend: "g", uses: [] }],
      flushes: [{ vip: "w", addresses: ["10.0.0.3"] }],
    });
  }));

Deno.test("a file that is no database is moved aside and said to be", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(
      `${folder}/${fileName}`,
      "not at all a database, but long enough".repeat(99),
    );
    using store = new Store(folder, () => 0);
    const { state, isWritable, troubles } = store.open();
    assert.deepEqual([state.backends, isWritable], [[], true]);
    assert.equal(troubles[0]?.level, "error");
    const aside = `${fileName}.damaged-1970-01-01T000000000Z`;
    assert.match(
      troubles[0]?.text ?? "",
      /was damaged \(file is not a database\) and is now .*Z: what it held is lost/,
    );
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).includes(aside), true);
    assert.deepEqual(store.write(batch({ backends: [backend("a")] })), { kind: "kept" });
    assert.deepEqual(openFiles().filter((path) => path.includes(aside)), []);
  }));

/** What this process has open, as the kernel names it now. */
function openFiles(): string[] {
  return [...Deno.readDirSync("/proc/self/fd")].flatMap(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`);
    } catch (error) {
      // That of the folder itself is gone.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return [];
    }
  });
}

Deno.test("wherever a file is damaged, it opens, and nothing is invented", () =>
  withFolder((folder) => {
    const path = `${folder}/${fileName}`;
    const backends = Array.from({ length: 300 }, (_, i) => backend(`web${i}`));
    write(folder, batch({ backends }));
    const whole = Deno.readFileSync(path);
    const names = new Set(backends.map(({ name }) => name));
    let aside = 0;
    for (let at = 0; at < whole.length; at += 509) {
      const bytes = whole.slice();
      bytes.fill(0xa5, at, at + 40);
      for (const { name } of Deno.readDirSync(folder)) Deno.removeSync(`${folder}/${name}`);
      Deno.writeFileSync(path, bytes);
      using store = new Store(folder, Date.now);
      const { state, isWritable, troubles } = store.open();
      assert.equal(isWritable, true, `damaged at ${at}: ${troubles[0]?.text}`);
      if (troubles.length > 0) aside++;
      for (const { name } of state.backends) {
        assert.ok(names.has(name) || name.includes("\ufffd"), name);
      }
    }
    assert.ok(aside > 5, `${aside}`);
  }));

Deno.test("a file that is cut off is moved aside", () =>
  withFolder((folder) => {
    const path = `${folder}/${fileName}`;
    write(folder, batch({ backends: Array.from({ length: 300 }, (_, i) => backend(`web${i}`)) }));
    Deno.truncateSync(path, Deno.statSync(path).size / 2);
    using store = new Store(folder, Date.now);
    const { state, isWritable, troubles } = store.open();
    assert.deepEqual([state.backends.length, isWritable, troubles.length], [0, true, 1]);
  }));

Deno.test("a file in which nothing but SQLite's own check finds damage is moved aside", () =>
  withFolder((folder) => {
    const path = `${folder}/${fileName}`;
    write(folder, batch({ backends: [backend("a")] }));
    const octets = Deno.readFileSync(path);
    // How many pages are free (https://www.sqlite.org/fileformat2.html#the_database_header).
    octets[39] = 7;
    Deno.writeFileSync(path, octets);
    using store = new Store(folder, Date.now);
    const { state, isWritable, troubles } = store.open();
    assert.deepEqual([state.backends, isWritable], [[], true]);
    assert.match(
      troubles[0]?.text ?? "",
      /state\.db was damaged \(Freelist: size is 0 but should be 7\) and is now .*: what it held/,
    );
  }));

Deno.test("what SQLite's own check finds in a table is told as it says it", () =>
  withFolder((folder) => {
    const path = `${folder}/${fileName}`;
    write(folder, batch({ backends: [backend("a")] }));
    const odd = new DatabaseSync(path);
    odd.exec("CREATE TABLE extra (a /*null*/); INSERT INTO extra VALUES (NULL)");
    odd.close();
    // Of the same length, or the page would be another one.
    const octets = Array.from(Deno.readFileSync(path), (octet) => String.fromCharCode(octet));
    const text = octets.join("").replace("/*null*/", "NOT NULL");
    Deno.writeFileSync(path, Uint8Array.from(text, (octet) => octet.charCodeAt(0)));
    using store = new Store(folder, Date.now);
    const { troubles } = store.open();
    assert.match(troubles[0]?.text ?? "", /was damaged \(NULL value in extra\.a\) and is now/);
  }));

Deno.test("a batch that fails in its midst leaves nothing behind, and can be tried again", () =>
  withFolder((folder) => {
    {
      using first = new Store(folder, () => 0);
      first.open();
      first.write(batch({ backends: [backend("a")], events: events(1, 3) }));
    }
    const path = `${folder}/${fileName}`;
    const full = new DatabaseSync(path);
    full.exec(`CREATE TRIGGER full BEFORE INSERT ON flushes WHEN new.vip = 'full'
      BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`);
    full.close();
    // There is room for all that is told, once.
    const octets = JSON.stringify(events(1, 9)).length;
    using store = new Store(folder, () => 0, { days: 30, octets });
    store.open();
    const flushes = [{ vip: "full", addresses: ["10.0.0.1"] }];
    const content = { aliveAt: 2, backends: [backend("b")], events: events(4, 9) };
    const failed = { kind: "failed", reason: "database or disk is full" };
    assert.deepEqual(store.write(batch({ ...content, flushes })), failed);
    assert.deepEqual(store.write(batch({ events: content.events })), { kind: "kept" });
    store[Symbol.dispose]();
    const { aliveAt, backends, events: kept } = reopened(folder);
    assert.deepEqual([aliveAt, backends, kept], [1, [backend("a")], events(1, 9)]);
  }));

Deno.test("where nothing is open nothing is listed, and nothing written", () =>
  withFolder((folder) => {
    using store = new Store(folder, Date.now);
    const nothing = { events: [], next: undefined };
    assert.deepEqual(store.list({ order: "newest", limit: 1 }, 9), nothing);
    assert.deepEqual(store.write(batch({})), { kind: "failed", reason: "the file is not open" });
  }));

Deno.test("what cannot be looked at is said to be so", () =>
  withFolder((folder) => {
    Deno.symlinkSync(`${folder}/state.db`, `${folder}/state.db`);
    using store = new Store(folder, Date.now);
    const { isWritable, troubles } = store.open();
    assert.equal(isWritable, false);
    assert.match(troubles[0]?.text ?? "", /cannot be written: .*; nor read: .*symbolic links/);
  }));

Deno.test("a file of a newer version is left as it is", () =>
  withFolder((folder) => {
    const path = `${folder}/${fileName}`;
    write(folder, batch({ backends: [backend("a")] }));
    using newer = new DatabaseSync(path);
    newer.exec("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99");
    newer.close();
    const before = Deno.readFileSync(path);
    using store = new Store(folder, Date.now);
    const { state, isWritable, troubles } = store.open();
    assert.deepEqual([state.backends, isWritable], [[], false]);
    assert.match(
      troubles[0]?.text ?? "",
      /is of version 99, and this maglevd knows 5 at most: nothing will be kept/,
    );
    assert.equal(store.write(batch({})).kind, "failed");
    assert.deepEqual(state, nothing);
    assert.deepEqual(openFiles().filter((open) => open.startsWith(path)), []);
    assert.deepEqual(Deno.readFileSync(path), before);
  }));

Deno.test("two cannot have the file at once", () =>
  withFolder((folder) => {
    write(folder, batch({ backends: [backend("a")] }));
    using first = new Store(folder, Date.now);
    first.open();
    using second = new Store(folder, Date.now);
    const { state, isWritable, troubles } = second.open();
    assert.deepEqual([state.backends, isWritable], [[], false]);
    assert.match(troubles[0]?.text ?? "", /is in use by another process: nothing will be kept/);
    assert.deepEqual(first.write(batch({ backends: [backend("b")] })), { kind: "kept" });
  }));

Deno.test("where no directory can be made, nothing is said of a file that is not there", () =>
  withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    for (const place of [`${folder}/file/state`, `/proc/${Deno.pid}/state`]) {
      using store = new Store(place, Date.now);
      const { isWritable, troubles: [trouble] } = store.open();
      assert.equal(isWritable, false);
      assert.match(
        trouble?.text ?? "",
        /^\S+\/state\.db cannot be written: [^:;]*: mkdir '\S+': nothing will be kept$/,
      );
    }
  }));

Deno.test("what can be neither written nor read is said to be so", () =>
  withFolder((folder) => {
    Deno.mkdirSync(`${folder}/state.db`);
    using store = new Store(folder, Date.now);
    const { isWritable, troubles } = store.open();
    assert.equal(isWritable, false);
    assert.match(troubles[0]?.text ?? "", /cannot be written: .*; nor read: /);
  }));

Deno.test("a file that there is none of yet, and cannot be, is not said to hold anything", () =>
  withFolder((folder) => {
    Deno.symlinkSync(`${folder}/nowhere/state.db`, `${folder}/state.db`);
    using store = new Store(folder, Date.now);
    const { isWritable, troubles } = store.open();
    assert.equal(isWritable, false);
    assert.match(
      troubles[0]?.text ?? "",
      /cannot be written: unable to open database file: \S+: nothing will be kept$/,
    );
  }));

Deno.test("rows that cannot be are left out, the others count", () =>
  withFolder((folder) => {
    write(
      folder,
      batch({
        backends: [backend("a"), backend("b")],
        frontends: [
          {
            name: "f",
            weights: [weight("f", "a"), weight("f", "b")],
            failOpen: { frontend: "f", uses: [["a", null, "kept"]] },
          },
          { name: "g", weights: [], failOpen: { frontend: "g", uses: [] } },
        ],
      }),
    );
    const odd = new DatabaseSync(`${folder}/${fileName}`);
    odd.exec("UPDATE backends SET state = 'well' WHERE name = 'a'");
    odd.exec("UPDATE weights SET weight = 101 WHERE backend = 'a'");
    const uses = '[["a", null, "kept"], ["b", null, "much"], ["c", "x", "kept"], [1], 2]';
    odd.prepare("UPDATE fail_opens SET body = ? WHERE frontend = 'f'")
      .run(`{"open": {"since": "then", "from": 1}, "uses": ${uses}}`);
    odd.exec("UPDATE fail_opens SET body = '{}' WHERE frontend = 'g'");
    odd.exec("UPDATE meta SET value = 'never'");
    odd.close();
    assert.deepEqual(reopened(folder), {
      ...{ events: [], lastSeq: 0 },
      aliveAt: 0,
      backends: [backend("b")],
      weights: [weight("f", "b")],
      failOpens: [{ frontend: "f", uses: [["a", null, "kept"]] }],
      flushes: [],
    });
  }));
