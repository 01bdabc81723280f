import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { EventQuery, MaglevEvent } from "../../lib/events/mod.ts";
import { journalLimits } from "../../lib/state/events_table.ts";
import { fileName, Store } from "../../lib/state/store.ts";
import { backend, batch, event, events } from "./support/fixtures.ts";

const now = 1_000_000_000_000;
const day = 86_400_000;

/** A folder of a test, and a store in it. */
async function withFolder(work: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "maglev-journal-test-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function open(folder: string, limits = { days: 1e6, octets: 1e9 }) {
  const store = new Store(folder, () => now, limits);
  const { state, troubles } = store.open();
  assert.deepEqual(troubles, []);
  return { store, state, [Symbol.dispose]: () => store[Symbol.dispose]() };
}

Deno.test("thirty days or 64 MiB of events are kept", () => {
  assert.deepEqual(journalLimits, { days: 30, octets: 67_108_864 });
});

/** Pages until nothing is left. */
function pages(store: Store, query: Partial<EventQuery>, before: number): number[][] {
  const found: number[][] = [];
  for (let after = query.after;;) {
    const asked: EventQuery = { order: "newest", limit: 100, ...query, after };
    const page = store.list(asked, before);
    found.push(page.events.map(({ seq }) => seq));
    if (page.next === undefined) return found;
    assert.ok(found.length < 100, "it does not end");
    after = page.next;
  }
}

const numbers = (all: readonly MaglevEvent[]) => all.map(({ seq }) => seq);

Deno.test("events are there again, to the last field, with the number up to which some were told", () =>
  withFolder((folder) => {
    const kept = events(1, 5);
    {
      using first = open(folder);
      first.store.write(batch({ events: kept.slice(0, 3), lastSeq: 100 }));
      first.store.write(batch({ events: kept.slice(3), lastSeq: 200 }));
    }
    using second = open(folder);
    assert.deepEqual([second.state.events, second.state.lastSeq], [kept, 200]);
  }));

Deno.test("the start brings the last ten thousand, oldest first", () =>
  withFolder((folder) => {
    {
      using first = open(folder);
      first.store.write(batch({ events: events(1, 10_003) }));
    }
    using second = open(folder);
    const { events: last } = second.state;
    assert.deepEqual([last.length, last[0]?.seq, last.at(-1)?.seq], [10_000, 4, 10_003]);
  }));

Deno.test("older events are listed in pages, by what is asked for, either way round", () =>
  withFolder((folder) => {
    using bed = open(folder);
    bed.store.write(batch({ events: events(1, 10) }));
    const { store } = bed;
    assert.deepEqual(pages(store, { limit: 4 }, 9), [[8, 7, 6, 5], [4, 3, 2, 1]]);
    assert.deepEqual(pages(store, { limit: 3, order: "oldest" }, 8), [[1, 2, 3], [4, 5, 6], [7]]);
    assert.deepEqual(pages(store, { backend: "web1" }, 99), [[10, 7, 4, 1]]);
    assert.deepEqual(pages(store, { notBefore: 3_000, before: 6_000 }, 99), [[5, 4, 3]]);
    assert.deepEqual(pages(store, { after: 4 }, 99), [[3, 2, 1]]);
    assert.deepEqual(pages(store, { after: 4, order: "oldest" }, 7), [[5, 6]]);
    assert.deepEqual(pages(store, { kinds: ["vpp"] }, 99), [[]]);
  }));

Deno.test("one question looks at so many events and no more, and is gone on with", () =>
  withFolder((folder) => {
    using bed = open(folder);
    bed.store.write(batch({ events: [event(1, { backend: "rare" }), ...events(2, 25_000)] }));
    for (const order of ["newest", "oldest"] as const) {
      const found = pages(bed.store, { backend: "rare", order }, 99_999);
      assert.deepEqual([found.flat(), found.length], [[1], 2], order);
    }
    const first = (order: "newest" | "oldest") =>
      bed.store.list({ order, limit: 1, backend: "none" }, 99_999).next;
    assert.deepEqual([first("newest"), first("oldest")], [5_001, 20_000]);
  }));

Deno.test("what is older than so many days goes, and nothing else", () =>
  withFolder((folder) => {
    const old = [1, 2, 3].map((seq) => event(seq, { at: now - 30 * day - 1 }));
    const young = [4, 5].map((seq) => event(seq, { at: now - 30 * day }));
    // There is room for all of them, and for no more.
    const octets = [...old, ...young].map((each) => JSON.stringify(each)).join("").length;
    using bed = open(folder, { days: 30, octets });
    bed.store.write(batch({ events: [...old, ...young] }));
    assert.deepEqual(pages(bed.store, {}, 99), [[5, 4]]);
  }));

Deno.test("beyond so many octets the oldest go, however often the file is opened", () =>
  withFolder((folder) => {
    const octets = JSON.stringify(event(1)).length * 3_000;
    for (let round = 0; round < 3; round++) {
      using bed = open(folder, { days: 1e6, octets });
      bed.store.write(batch({ events: events(round * 2_000 + 1, round * 2_000 + 2_000) }));
    }
    using bed = open(folder);
    const left = numbers(bed.state.events);
    assert.equal(left.at(-1), 6_000);
    assert.ok(left.length > 1_500 && left.length <= 3_000, `${left.length}`);
    assert.deepEqual(left, Array.from(left, (_, i) => 6_001 - left.length + i), "the newest");
  }));

Deno.test("so many octets may be there, and beyond them a thousand events go", () =>
  withFolder((folder) => {
    const all = events(1_000, 2_500);
    const octets = all.slice(1).map((each) => JSON.stringify(each)).join("").length;
    using bed = open(folder, { days: 1e6, octets });
    bed.store.write(batch({ events: all.slice(1) }));
    assert.equal(pages(bed.store, { limit: 9_999 }, 99_999).flat().length, 1_500);
    bed.store.write(batch({ events: all.slice(0, 1) }));
    assert.equal(pages(bed.store, { limit: 9_999 }, 99_999).flat().length, 501);
  }));

Deno.test("an event that is put twice, and has no room at all, goes", () =>
  withFolder((folder) => {
    using bed = open(folder, { days: 1e6, octets: 1 });
    const written = bed.store.write(batch({ events: [event(1), event(1)] }));
    assert.deepEqual([written, pages(bed.store, {}, 99)], [{ kind: "kept" }, [[]]]);
  }));

Deno.test("octets are counted, of which a character may have four", () =>
  withFolder((folder) => {
    const told = events(1, 2_500).map((each) => ({ ...each, backend: "\u{1f310}".repeat(60) }));
    const octets = new TextEncoder().encode(JSON.stringify(told[0])).length;
    {
      using bed = open(folder, { days: 1e6, octets: octets * 2_000 });
      bed.store.write(batch({ events: told }));
      assert.ok(pages(bed.store, {}, 9_999).flat().length <= 2_000);
    }
    using again = open(folder, { days: 1e6, octets: octets * 2_000 });
    again.store.write(batch({ events: [event(3_000)] }));
    assert.ok(
      pages(again.store, {}, 9_999).flat().length > 1_000,
      "no more is dropped than has to be",
    );
  }));

Deno.test("a file of the version before gets a journal and keeps what it holds", () =>
  withFolder((folder) => {
    {
      using first = open(folder);
      first.store.write(batch({ backends: [backend("a")] }));
    }
    {
      using database = new DatabaseSync(`${folder}/${fileName}`);
      database.exec(
        "DROP TABLE events; DROP TABLE fail_opens; ALTER TABLE backends DROP COLUMN drain; ALTER TABLE backends DROP COLUMN flaps; PRAGMA user_version = 1",
      );
    }
    using second = open(folder);
    assert.deepEqual(second.state.backends, [backend("a")]);
    assert.deepEqual(second.store.write(batch({ events: events(1, 2) })), { kind: "kept" });
  }));

Deno.test("what is no event, or one of a kind of tomorrow, is left out", () =>
  withFolder((folder) => {
    {
      using first = open(folder);
      const strange = { ...event(2), kind: "eclipse" } as unknown as MaglevEvent;
      first.store.write(batch({ events: [event(1), strange, event(3), event(4)] }));
    }
    {
      using database = new DatabaseSync(`${folder}/${fileName}`);
      database.exec("UPDATE events SET body = 'x' WHERE seq = 4");
    }
    using second = open(folder);
    assert.deepEqual(numbers(second.state.events), [1, 3]);
    assert.deepEqual(pages(second.store, {}, 99), [[3, 1]]);
  }));
