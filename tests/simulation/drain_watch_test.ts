import assert from "node:assert/strict";
import { Bench, pass, sketch } from "../checker/support/bench.ts";
import { DrainWatch } from "../../lib/simulation/drain_watch.ts";

/** A backend of two frontends that is drained for so long, and who watches. */
function drained(deadlineMs: number | undefined, drainDeadlineMs: number) {
  const backends = { a: {}, b: {} };
  const frontends = { f: [{ a: 100, b: 50 }], g: [{ a: 1 }] };
  const bench = new Bench(sketch({ backends, frontends, drainDeadlineMs }), { answers: pass });
  const { checker, clock } = bench;
  const watch = new DrainWatch();
  const wrong: string[] = [];
  bench.stream.subscribe((event) => void wrong.push(...watch.hear(event, checker, clock)));
  clock.advance(5_000);
  checker.operate([{ action: "drain", backend: "a", deadlineMs }]);
  return {
    bench,
    watch,
    wrong,
    late: (stalledUntil = 0) => watch.late(checker, clock.now(), stalledUntil),
  };
}

Deno.test("a drain that ends in time is right, whatever is done to the calendar", () => {
  for (const [own, ofFrontends] of [[10_000, 60_000], [undefined, 10_000]] as const) {
    const { bench, wrong, late } = drained(own, ofFrontends);
    bench.clock.setCalendar(3_600_000);
    bench.clock.advance(30_000);
    assert.deepEqual([...wrong, ...late()], []);
    bench[Symbol.dispose]();
  }
});

Deno.test("a deadline that comes early is found, and one that does not come", () => {
  const { bench, watch, wrong, late } = drained(10_000, 0);
  const { checker, clock } = bench;
  const overdue = bench.events.findLast(({ kind }) => kind === "drain");
  assert.ok(overdue?.kind === "drain");
  clock.advance(9_000);
  const early = { ...overdue, change: "overdue", at: clock.wall() } as const;
  assert.deepEqual(watch.hear(early, checker, clock), [
    "a is overdue in f after 9000 ms",
    "a is overdue in g after 9000 ms",
  ]);
  // Nobody looks at drains any more.
  checker.close();
  clock.advance(2_001);
  assert.deepEqual(late(), [
    "a drains in f beyond its deadline",
    "a drains in g beyond its deadline",
  ]);
  assert.deepEqual(late(clock.now() - 1_000), [], "maglevd stood still, and may do it now");
  assert.equal(late(clock.now() - 1_001).length, 2, "it had the time since then as well");
  assert.deepEqual(wrong, []);
  watch.restarted(true);
  assert.equal(late().length, 2, "it goes on in the next maglevd");
  watch.calendarSet(clock.now());
  watch.restarted(true);
  assert.deepEqual(late(), [], "which goes by the calendar");
});

Deno.test("the drain that is in force counts, not one that nobody has told of or kept", () => {
  const { bench, watch, late } = drained(2_000, 0);
  const { checker, clock } = bench;
  const first = checker.saved("a")?.drain;
  clock.advance(1_000);
  checker.operate([{ action: "drain", backend: "a", deadlineMs: 100_000 }]);
  // Killed before the second was kept: the first goes on, and is over at its own time.
  const overdue = bench.events.findLast(({ kind }) => kind === "drain");
  assert.ok(first && overdue?.kind === "drain");
  clock.advance(1_000);
  const asBefore = {
    config: checker.config,
    backend: () => checker.backend("a"),
    saved: () => ({ drain: first }) as ReturnType<typeof checker.saved>,
  };
  const inTime = { ...overdue, change: "overdue", at: clock.wall() } as const;
  assert.deepEqual(watch.hear(inTime, asBefore, clock), []);
  clock.advance(2_000);
  assert.equal(watch.late(asBefore, clock.now(), 0).length, 2, "the first is late by now");
  assert.deepEqual(late(), []);
  // One of which nobody has told yet.
  const untold = { ...first, said: { ...first.said, at: clock.wall() } };
  const unheard = {
    ...asBefore,
    saved: () => ({ drain: untold }) as ReturnType<typeof checker.saved>,
  };
  assert.deepEqual(watch.late(unheard, clock.now(), 0), []);
  bench[Symbol.dispose]();
});

Deno.test("of a drain that is told of after the calendar was set nobody knows when it began", () => {
  for (const ms of [-60_000, 60_000]) {
    const { bench, watch } = drained(10_000, 0);
    const { checker, clock } = bench;
    const begun = bench.events.findLast(({ kind }) => kind === "drain");
    assert.ok(begun);
    const told = new DrainWatch();
    clock.advance(1);
    clock.setCalendar(ms);
    told.calendarSet(clock.now());
    clock.advance(5);
    assert.deepEqual(told.hear(begun, checker, clock), []);
    checker.close();
    clock.advance(60_000);
    assert.deepEqual(told.late(checker, clock.now(), 0), []);
    assert.equal(watch.late(checker, clock.now(), 0).length, 2, "who heard at once knows");
    bench[Symbol.dispose]();
  }
});
