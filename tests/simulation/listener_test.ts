import assert from "node:assert/strict";
import type { MaglevEvent } from "../../lib/events/mod.ts";
import { Listener } from "../../lib/simulation/listener.ts";
import { Bench, fail, pass, sketch } from "../checker/support.ts";

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
