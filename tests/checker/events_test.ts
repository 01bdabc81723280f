import assert from "node:assert/strict";
import { EventQueue } from "../../lib/checker/events.ts";
import type { CheckerEvent } from "../../lib/checker/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { Bench, pass, sketch } from "./support.ts";

const two = sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ a: 100 }] } });

Deno.test("a listener that throws is logged, kept, and does not stop the others", () => {
  using bench = new Bench(two);
  let calls = 0;
  bench.checker.subscribe(() => {
    calls++;
    throw new Error("broken");
  });
  const after: string[] = [];
  bench.checker.subscribe((event) => after.push(event.kind));
  bench.probe("a", pass);
  assert.deepEqual(after, ["backend", "frontend"]);
  assert.equal(calls, 2);
  assert.equal(bench.log.named("checker-listener-failed").length, 2);
});

Deno.test("a listener that acts is told of its own deed after all were told of the first", () => {
  using bench = new Bench(two);
  const [first, second] = [new Array<string>(), new Array<string>()];
  const note = (into: string[], event: CheckerEvent) =>
    void ("transition" in event && into.push(event.transition.to));
  bench.checker.subscribe((event) => {
    note(first, event);
    if (event.kind === "backend" && event.transition.to === "up") bench.checker.pause("a");
  });
  bench.checker.subscribe((event) => note(second, event));
  bench.probe("a", pass);
  assert.deepEqual(first, ["up", "up", "paused", "down"]);
  assert.deepEqual(second, first);
  assert.deepEqual(bench.moves(), ["a unknown>up", "f unknown>up", "a up>paused", "f up>down"]);
});

Deno.test("pausing from within the event of a probe stops probing", () => {
  using bench = new Bench(two);
  bench.checker.subscribe((event) => {
    if (event.kind === "backend" && event.transition.to === "up") bench.checker.pause("a");
  });
  bench.probe("a", pass);
  const starts = () => bench.prober.starts.filter(({ address }) => address === "10.0.0.0").length;
  bench.clock.advance(60_000);
  assert.equal(starts(), 1);
});

Deno.test("resuming from within the event of a probe probes again within a fast interval", () => {
  using bench = new Bench(two);
  bench.checker.subscribe((event) => {
    if (event.kind !== "backend" || event.transition.to !== "up") return;
    bench.checker.pause("a");
    bench.checker.resume("a");
  });
  bench.probe("a", pass);
  const starts = () => bench.prober.starts.filter(({ address }) => address === "10.0.0.0").length;
  bench.clock.advance(500);
  assert.equal(starts(), 2);
});

Deno.test("unsubscribing during delivery is heeded at once, by and for anybody", () => {
  using bench = new Bench(two);
  const told: string[] = [];
  const leaveFirst = bench.checker.subscribe(() => {
    told.push("first");
    leaveFirst();
    leaveSecond();
  });
  const leaveSecond = bench.checker.subscribe(() => told.push("second"));
  bench.checker.subscribe(() => told.push("third"));
  bench.checker.pause("a");
  bench.checker.resume("a");
  assert.deepEqual(told.filter((name) => name !== "third"), ["first"]);
  leaveFirst();
});

Deno.test("who subscribes during delivery begins with the next event", () => {
  using bench = new Bench(two);
  const told: string[] = [];
  let joined = false;
  bench.checker.subscribe(() => {
    if (joined) return;
    joined = true;
    bench.checker.subscribe((event) => told.push(event.kind));
  });
  bench.checker.pause("b");
  assert.deepEqual(told, []);
  bench.checker.resume("b");
  assert.deepEqual(told, ["backend"]);
});

Deno.test("one function may subscribe twice and leave once", () => {
  using bench = new Bench(two);
  let calls = 0;
  const listener = () => void calls++;
  const leave = bench.checker.subscribe(listener);
  bench.checker.subscribe(listener);
  bench.checker.pause("b");
  assert.equal(calls, 2);
  leave();
  bench.checker.resume("b");
  assert.equal(calls, 3);
});

Deno.test("many events are told in portions, in order, with the event loop in between", () => {
  const fake = new FakeClock();
  // Each listener call takes a millisecond.
  let spent = 0;
  const clock = {
    now: () => fake.now() + spent,
    wall: () => fake.wall(),
    after: (delay: number, run: () => void) => fake.after(delay, run),
  };
  const events = new EventQueue(clock, new RecordedLog());
  const told: string[] = [];
  events.subscribe((event) => {
    spent++;
    if (event.kind === "backend") told.push(event.backend);
  });
  const transition = { from: "unknown", to: "up", at: 0 } as const;
  const many = Array.from({ length: 50 }, (_, i) => ({
    event: { kind: "backend", backend: `b${i}`, transition, frontends: [] } as const,
  }));
  events.push(many);
  assert.ok(told.length <= 6, `${told.length} at once`);
  events.push([{ event: { kind: "backend", backend: "last", transition, frontends: [] } }]);
  fake.advance(1);
  assert.deepEqual(told, [...many.map(({ event }) => event.backend), "last"]);
  events.push(many);
  assert.equal(fake.pending, 1);
  let released = false;
  events.push([{ event: { kind: "reload" }, delivered: () => released = true }]);
  events.close();
  assert.ok(released, "nobody waits for a closed queue");
  assert.equal(fake.pending, 0);
});
