import assert from "node:assert/strict";
import type { MaglevEvent } from "../../lib/events/mod.ts";
import { Listener } from "../../lib/simulation/listener.ts";
import { Bench, fail, httpCheck, pass, sketch } from "../checker/support/bench.ts";
import { steer } from "../support/steer.ts";

const config = sketch({
  backends: { a: {}, b: {} },
  frontends: { f: [{ a: 100 }, { b: 50 }] },
});

/** What a listener finds wrong that hears `tamper(events)` in place of the events. */
function wrongWith(tamper: (events: readonly MaglevEvent[]) => readonly MaglevEvent[]): string[] {
  using bench = new Bench(config);
  const listener = new Listener(bench.checker);
  bench.probe("a", pass);
  bench.probe("b", pass);
  for (let i = 0; i < 3; i++) bench.probe("a", fail);
  const heard = tamper(bench.events).flatMap((event) => listener.hear(event));
  return [...heard, ...listener.differences()];
}

Deno.test("who hears everything once knows everything", () => {
  assert.deepEqual(wrongWith((events) => events), []);
});

Deno.test("a missing event of any kind is noticed", () => {
  const kinds = new Set<string>();
  wrongWith((events) => {
    for (const { kind } of events) kinds.add(kind);
    return events;
  });
  assert.deepEqual([...kinds].sort(), ["backend", "frontend", "pool", "weight"]);
  for (const kind of kinds) {
    const wrong = wrongWith((events) => {
      const last = events.findLast((event) => event.kind === kind);
      return renumbered(events.filter((event) => event !== last));
    });
    assert.ok(wrong.length > 0, kind);
  }
});

Deno.test("an event told twice is noticed", () => {
  for (const kind of ["backend", "frontend", "pool", "weight"]) {
    const wrong = wrongWith((events) =>
      renumbered(events.flatMap((event) => event.kind === kind ? [event, event] : [event]))
    );
    if (kind !== "pool") assert.ok(wrong.length > 0, kind);
  }
});

Deno.test("a number left out is noticed", () => {
  const wrong = wrongWith((events) =>
    events.map((event) => event.seq > 3 ? { ...event, seq: event.seq + 1 } : event)
  );
  assert.equal(wrong[0], "event 5 came instead of 4");
});

function renumbered(events: readonly MaglevEvent[]): MaglevEvent[] {
  return events.map((event, i) => ({ ...event, seq: i + 1 }));
}

Deno.test("what a reload brings and takes is known from events, too", async () => {
  using bench = new Bench(config);
  const listener = new Listener(bench.checker);
  bench.probe("a", pass);
  await bench.reload(sketch({
    backends: { a: {}, c: { at: "10.0.0.9" }, d: { at: "10.0.0.8", enabled: false } },
    frontends: { g: [{ a: 7 }, { c: 50, d: 1 }] },
  }));
  bench.probe("c", pass);
  const heard = bench.events.flatMap((event) => listener.hear(event));
  assert.deepEqual([...heard, ...listener.differences()], []);
});

Deno.test("what is not told of a measure is noticed, and what is told twice", () => {
  const flap = { changes: 2, withinMs: 600_000, holdMs: 60_000, maxHoldMs: 60_000 };
  const fast = {
    intervalMs: 1_000,
    fastIntervalMs: 1_000,
    downIntervalMs: 1_000,
    rise: 1,
    fall: 1,
  };
  const measured = sketch({
    ...{ backends: { a: {}, b: {} }, frontends: { f: [{ a: 100, b: 50 }] } },
    ...{ failOpen: 60, slowStartMs: 60_000, checks: [httpCheck("web", { ...fast, flap })] },
  });
  const found = (drop: (event: MaglevEvent) => boolean, isTwice = false) => {
    using bench = new Bench(measured);
    bench.prober.answers = () => pass;
    bench.clock.advance(5_000);
    const listener = new Listener(bench.checker);
    const before = bench.events.length;
    const start = bench.checker.events.lastSeq;
    // Comes up slowly; the other one goes down, which begins fail-open, and is held.
    steer(bench.checker).pause("a");
    steer(bench.checker).resume("a");
    while (bench.state("a") !== "up") bench.clock.advance(1);
    bench.prober.answers = ({ address }) => address.text === "10.0.0.0" ? pass : fail;
    while (bench.state("b") === "up") bench.clock.advance(1);
    bench.prober.answers = () => pass;
    while (bench.state("b") !== "up") bench.clock.advance(1);
    bench.prober.answers = ({ address }) => address.text === "10.0.0.0" ? pass : fail;
    while (bench.state("b") === "up") bench.clock.advance(1);
    const told = bench.events.slice(before).flatMap((event) => {
      if (!drop(event)) return [event];
      return isTwice ? [event, event] : [];
    });
    const heard = told.flatMap((event, i) => listener.hear({ ...event, seq: start + i + 1 }));
    return [...heard, ...listener.differences()];
  };
  assert.deepEqual(found(() => false), []);
  for (const measure of ["fail-open", "slow-start", "flap-hold"]) {
    const isIts = (event: MaglevEvent) => event.kind === "safety" && event.measure === measure;
    assert.ok(found(isIts).length > 0, measure);
    assert.ok(found(isIts, true).some((text) => text.includes(" again")), measure);
  }
});
