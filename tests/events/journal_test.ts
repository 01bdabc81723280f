import assert from "node:assert/strict";
import {
  type Cause,
  type EventKind,
  type EventQuery,
  EventStream,
  Journal,
  type NewEvent,
  type ToldWeight,
} from "../../lib/events/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";

const start = 1_700_000_000_000;

function bed(capacity?: number) {
  const clock = new FakeClock(start);
  const stream = new EventStream(clock, new RecordedLog());
  return { clock, stream, journal: new Journal(stream, capacity) };
}

function backend(name: string, frontends: readonly string[] = []): NewEvent {
  const transition = { from: "unknown", to: "up", at: 0 } as const;
  const cause = { kind: "probe", code: "L4OK", detail: "" } as const;
  return { kind: "backend", backend: name, address: "10.0.0.1", transition, frontends, cause };
}

function pool(frontend: string): NewEvent {
  const cause = { kind: "pool" } as const;
  return { kind: "pool", frontend, address: "192.0.2.1", from: "a", to: "b", cause };
}

function pause(name: string, actor: string): NewEvent {
  return {
    ...{ kind: "operator", action: "pause", backend: name, frontend: "", detail: "" },
    cause: { kind: "operator" },
    actor: { name: actor, from: "192.0.2.7:4711" },
  };
}

const reload: NewEvent = {
  kind: "reload",
  result: "applied",
  changes: [
    { kind: "backend", change: "changed", name: "a", details: ["address 1 -> 2"] },
    { kind: "frontend", change: "added", name: "f", details: [] },
  ],
  cause: { kind: "config" },
};

const lost: NewEvent = {
  kind: "vpp",
  change: "lost",
  detail: "VPP closed the connection",
  cause: { kind: "vpp" },
};

function numbers(journal: Journal, query: Partial<EventQuery>): number[] {
  const page = journal.list({ order: "oldest", limit: 100, ...query });
  return page.events.map(({ seq }) => seq);
}

Deno.test("the journal keeps the last events and no more", () => {
  const { stream, journal } = bed(3);
  assert.deepEqual(numbers(journal, {}), []);
  for (const name of ["a", "b", "c", "d", "e", "f", "g"]) {
    stream.emit([backend(name)]);
    assert.equal(journal.size, Math.min(3, stream.lastSeq));
  }
  assert.equal(journal.oldestSeq, 5);
  assert.deepEqual(numbers(journal, {}), [5, 6, 7]);
  assert.deepEqual(numbers(journal, { order: "newest" }), [7, 6, 5]);
});

Deno.test("ten thousand are kept unless said otherwise", () => {
  const { stream, journal } = bed();
  for (let i = 0; i < 10_001; i++) stream.emit([lost]);
  assert.deepEqual([journal.size, journal.oldestSeq], [10_000, 2]);
});

Deno.test("what came since a number is all of it, or nothing when some is missing", () => {
  const { stream, journal } = bed(3);
  assert.deepEqual(journal.since(0), []);
  assert.equal(journal.since(1), undefined);
  for (const name of ["a", "b", "c", "d"]) stream.emit([backend(name)]);
  const since = (seq: number) => journal.since(seq)?.map((event) => event.seq);
  assert.deepEqual(since(4), []);
  assert.deepEqual(since(3), [4]);
  assert.deepEqual(since(1), [2, 3, 4]);
  assert.equal(since(0), undefined, "1 is not kept any more");
  assert.equal(since(5), undefined, "5 has not happened");
});

Deno.test("pages follow one another in both directions, without gap and without repetition", () => {
  const { stream, journal } = bed(50);
  stream.emit(Array.from({ length: 60 }, (_, i) => backend(`b${i % 2}`)));
  for (const order of ["oldest", "newest"] as const) {
    for (const filter of [{}, { backend: "b1" }]) {
      const want = numbers(journal, { order, ...filter });
      const got: number[] = [];
      let after: number | undefined;
      do {
        const page = journal.list({ order, limit: 7, after, ...filter });
        assert.ok(page.events.length <= 7);
        got.push(...page.events.map(({ seq }) => seq));
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual(got, want);
    }
  }
});

Deno.test("going on behind an event that is not kept any more begins with the oldest", () => {
  const { stream, journal } = bed(3);
  stream.emit(["a", "b", "c", "d", "e"].map((name) => backend(name)));
  assert.deepEqual(numbers(journal, { after: 1 }), [3, 4, 5]);
  assert.deepEqual(numbers(journal, { after: 3 }), [4, 5]);
  assert.deepEqual(numbers(journal, { after: 5 }), []);
  assert.deepEqual(numbers(journal, { order: "newest", after: 4 }), [3]);
  assert.deepEqual(numbers(journal, { order: "newest", after: 99 }), [5, 4, 3]);
  assert.deepEqual(numbers(journal, { order: "newest", after: 3 }), []);
});

Deno.test("events are found by what they are about, who asked, of which kind, and when", () => {
  const { clock, stream, journal } = bed();
  stream.emit([backend("a", ["f", "g"]), pool("f"), pause("a", "jane")]);
  clock.advance(1_000);
  stream.emit([pause("b", "joe"), reload, lost]);
  const rows: readonly [Partial<EventQuery>, number[]][] = [
    [{}, [1, 2, 3, 4, 5, 6]],
    [{ backend: "a" }, [1, 3, 5]],
    [{ backend: "b" }, [4]],
    [{ backend: "" }, []],
    [{ frontend: "f" }, [1, 2, 5]],
    [{ frontend: "g" }, [1]],
    [{ frontend: "" }, []],
    [{ actor: "jane" }, [3]],
    [{ actor: "nobody" }, []],
    [{ kinds: [] }, [1, 2, 3, 4, 5, 6]],
    [{ kinds: ["pool", "vpp"] satisfies EventKind[] }, [2, 6]],
    [{ notBefore: start + 1_000 }, [4, 5, 6]],
    [{ before: start + 1_000 }, [1, 2, 3]],
    [{ notBefore: start, before: start + 1 }, [1, 2, 3]],
    [{ backend: "a", kinds: ["reload"] }, [5]],
  ];
  for (const [query, want] of rows) {
    assert.deepEqual(numbers(journal, query), want, JSON.stringify(query));
  }
});

Deno.test("a journal that was closed keeps what it has", () => {
  const { stream, journal } = bed();
  stream.emit([lost]);
  journal[Symbol.dispose]();
  stream.emit([lost]);
  assert.equal(journal.size, 1);
});

Deno.test("the newest number kept is that of the last event told", () => {
  const { stream, journal } = bed(2);
  assert.equal(journal.newestSeq, 0);
  for (const name of ["a", "b", "c"]) stream.emit([pool(name)]);
  assert.equal(journal.newestSeq, 3);
});

Deno.test("what was kept before comes first, and numbers may be missing between two runs", () => {
  const { stream, journal } = bed(4);
  const before = [1, 2, 3].map((seq) => ({ ...backend(`old${seq}`), seq, at: seq }));
  stream.goOnBehind(100);
  journal.restore(before, 100);
  assert.equal(journal.newestSeq, 100);
  assert.deepEqual(journal.since(100), []);
  assert.equal(journal.since(99)?.length, 0, "it was told, and is lost");
  stream.emit([backend("new"), backend("newer")]);
  assert.deepEqual(numbers(journal, {}), [2, 3, 101, 102]);
  assert.deepEqual(numbers(journal, { order: "newest", after: 102 }), [101, 3, 2]);
  assert.deepEqual(numbers(journal, { order: "newest", after: 101 }), [3, 2]);
  assert.deepEqual(numbers(journal, { after: 3 }), [101, 102]);
  assert.deepEqual(numbers(journal, { after: 50 }), [101, 102]);
  assert.deepEqual(journal.since(100)?.map(({ seq }) => seq), [101, 102]);
  assert.deepEqual(journal.since(3)?.map(({ seq }) => seq), [101, 102]);
});

Deno.test("numbers go on behind those of before only as long as none was given", () => {
  const { stream } = bed();
  stream.goOnBehind(7);
  stream.emit([lost]);
  assert.equal(stream.lastSeq, 8);
  assert.throws(() => stream.goOnBehind(9), /events up to 8 have been numbered already/);
});

/** A weight that maglevd has of its own since a probe. */
function weight(
  backend: string,
  from: ToldWeight,
  to: ToldWeight,
  cause: Cause = { kind: "probe", code: "L4OK", detail: "" },
): NewEvent {
  return {
    ...{ kind: "weight", frontend: "f", pool: "p", backend },
    ...{ configured: { from: 100, to: 100 }, effective: { from, to }, flush: false, cause },
  };
}

Deno.test("that a weight of before proves right is no event worth being kept", () => {
  const { stream, journal } = bed();
  journal.goOnWith(["a", "b", "c"]);
  stream.emit([weight("a", "kept", 100), weight("b", "kept", 0)]);
  assert.deepEqual(numbers(journal, {}), []);
  assert.equal(journal.newestSeq, 2);
  stream.emit([backend("c"), weight("c", "kept", 100)]);
  assert.deepEqual(numbers(journal, {}), [3, 4], "its state is another one");
  stream.emit([weight("d", "kept", 100)]);
  assert.deepEqual(numbers(journal, {}), [3, 4, 5], "nothing was known of it");
  const operator = { kind: "operator" } as const;
  stream.emit([
    weight("a", "kept", 0, operator),
    weight("a", 100, 0),
    weight("a", "kept", "absent"),
  ]);
  assert.deepEqual(numbers(journal, {}), [3, 4, 5, 6, 7, 8]);
  const cause = { kind: "probe", code: "L4OK", detail: "" } as const;
  const proved: NewEvent = {
    ...{ kind: "weight", frontend: "f", pool: "p", backend: "a", flush: false, cause },
    ...{ configured: { from: 100, to: 100 }, effective: { from: "kept", to: 100 } },
  };
  stream.emit([{ ...proved, configured: { from: 100, to: 50 } }, { ...proved, flush: true }]);
  assert.deepEqual(numbers(journal, {}).slice(6), [9, 10]);
});

Deno.test("who has not seen what was not kept cannot go on behind it", () => {
  const { stream, journal } = bed();
  journal.goOnWith(["a"]);
  stream.emit([pool("f"), weight("a", "kept", 100), pool("f")]);
  assert.equal(journal.since(1), undefined);
  assert.deepEqual(journal.since(2)?.map(({ seq }) => seq), [3]);
});

Deno.test("a journal knows which events had to make room", () => {
  const { stream, journal } = bed(2);
  stream.emit([pool("f"), pool("f")]);
  assert.equal(journal.droppedSeq, 0);
  stream.emit([pool("f"), pool("f"), pool("f")]);
  assert.equal(journal.droppedSeq, 3);
});
