import assert from "node:assert/strict";
import { EventStream, type MaglevEvent, type NewEvent } from "../../lib/events/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { Bench, pass, sketch } from "../checker/support/bench.ts";
import { steer } from "../support/steer.ts";

const two = sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ a: 100 }] } });

Deno.test("a listener that throws is logged, kept, and does not stop the others", () => {
  using bench = new Bench(two);
  let calls = 0;
  bench.stream.subscribe(() => {
    calls++;
    throw new Error("broken");
  });
  const after: string[] = [];
  bench.stream.subscribe((event) => after.push(event.kind));
  bench.probe("a", pass);
  assert.deepEqual(after, ["backend", "weight", "frontend"]);
  assert.equal(calls, 3);
  const failed = bench.log.named("event-listener-failed");
  assert.deepEqual(failed.map(({ event, err }) => [event, err]), [
    ["backend", "broken"],
    ["weight", "broken"],
    ["frontend", "broken"],
  ]);
});

Deno.test("a listener that acts is told of its own deed after all were told of the first", () => {
  using bench = new Bench(two);
  const [first, second] = [new Array<string>(), new Array<string>()];
  const note = (into: string[], event: MaglevEvent) =>
    void ("transition" in event && into.push(event.transition.to));
  bench.stream.subscribe((event) => {
    note(first, event);
    if (event.kind === "backend" && event.transition.to === "up") steer(bench.checker).pause("a");
  });
  bench.stream.subscribe((event) => note(second, event));
  bench.probe("a", pass);
  assert.deepEqual(first, ["up", "up", "paused", "down"]);
  assert.deepEqual(second, first);
  assert.deepEqual(bench.moves(), ["a unknown>up", "f unknown>up", "a up>paused", "f up>down"]);
});

Deno.test("pausing from within the event of a probe stops probing", () => {
  using bench = new Bench(two);
  bench.stream.subscribe((event) => {
    if (event.kind === "backend" && event.transition.to === "up") steer(bench.checker).pause("a");
  });
  bench.probe("a", pass);
  const starts = () => bench.prober.starts.filter(({ address }) => address === "10.0.0.0").length;
  bench.clock.advance(60_000);
  assert.equal(starts(), 1);
});

Deno.test("resuming from within the event of a probe probes again within a fast interval", () => {
  using bench = new Bench(two);
  bench.stream.subscribe((event) => {
    if (event.kind !== "backend" || event.transition.to !== "up") return;
    steer(bench.checker).pause("a");
    steer(bench.checker).resume("a");
  });
  bench.probe("a", pass);
  const starts = () => bench.prober.starts.filter(({ address }) => address === "10.0.0.0").length;
  bench.clock.advance(500);
  assert.equal(starts(), 2);
});

Deno.test("unsubscribing during delivery is heeded at once, by and for anybody", () => {
  using bench = new Bench(two);
  const told: string[] = [];
  const leaveFirst = bench.stream.subscribe(() => {
    told.push("first");
    leaveFirst();
    leaveSecond();
  });
  const leaveSecond = bench.stream.subscribe(() => told.push("second"));
  bench.stream.subscribe(() => told.push("third"));
  steer(bench.checker).pause("a");
  steer(bench.checker).resume("a");
  assert.deepEqual(told.filter((name) => name !== "third"), ["first"]);
  leaveFirst();
});

Deno.test("who subscribes during delivery begins with the next event", () => {
  using bench = new Bench(two);
  const told: string[] = [];
  let joined = false;
  bench.stream.subscribe(() => {
    if (joined) return;
    joined = true;
    bench.stream.subscribe((event) => told.push(event.kind));
  });
  bench.stream.emit([newEvent("x")]);
  assert.deepEqual(told, []);
  steer(bench.checker).resume("b");
  steer(bench.checker).pause("b");
  assert.deepEqual(told, ["operator", "backend"]);
});

Deno.test("one function may subscribe twice and leave once", () => {
  using bench = new Bench(two);
  let calls = 0;
  const listener = () => void calls++;
  const leave = bench.stream.subscribe(listener);
  bench.stream.subscribe(listener);
  bench.stream.emit([newEvent("x")]);
  assert.equal(calls, 2);
  leave();
  bench.stream.emit([newEvent("x")]);
  assert.equal(calls, 3);
});

Deno.test("many events are told in portions, in order, with the event loop in between", () => {
  const fake = new FakeClock();
  // Each listener call takes a millisecond.
  let spent = 0;
  const clock = {
    now: () => fake.now() + spent,
    wall: () => fake.wall(),
    turn: fake.turn,
    after: (delay: number, run: () => void) => fake.after(delay, run),
  };
  const events = new EventStream(clock, new RecordedLog());
  const told: MaglevEvent[] = [];
  events.subscribe((event) => {
    spent++;
    told.push(event);
  });
  const names = Array.from({ length: 50 }, (_, i) => `b${i}`);
  events.emit(names.map(newEvent));
  assert.ok(told.length <= 6, `${told.length} at once`);
  events.emit([newEvent("last")]);
  assert.equal(events.lastSeq, 51);
  fake.advance(1);
  const backends = told.map((event) => event.kind === "backend" && event.backend);
  assert.deepEqual(backends, [...names, "last"]);
  assert.deepEqual(told.map(({ seq }) => seq), backends.map((_, i) => i + 1));
  events.emit(names.map(newEvent));
  assert.equal(fake.pending, 1);
  events.close();
  assert.equal(fake.pending, 0);
});

Deno.test("who waits until all is told waits for what was emitted before, and no longer", async () => {
  const clock = new FakeClock();
  using events = new EventStream(clock, new RecordedLog());
  const order: string[] = [];
  events.subscribe((event) => {
    if (event.seq === 1) void events.told().then(() => order.push("told"));
    order.push(`${event.seq}`);
  });
  events.emit([newEvent("a"), newEvent("b")]);
  await clock.advanceAsync(0);
  assert.deepEqual(order, ["1", "2", "told"]);
});

Deno.test("what a long piece of work emits is told in order from the next turn on", async () => {
  const clock = new FakeClock();
  const turn = Promise.withResolvers<void>();
  clock.turn = { isOver: false, next: () => turn.promise };
  using events = new EventStream(clock, new RecordedLog());
  const told: number[] = [];
  events.subscribe(({ seq }) => told.push(seq));
  const done = events.tellAfter(() => {
    events.emit([newEvent("a")]);
    events.emit([newEvent("b")]);
  }).then(() => told.length);
  events.emit([newEvent("c")]);
  assert.deepEqual([told, events.lastSeq], [[], 3]);
  turn.resolve();
  assert.equal(await done, 3, "who asked for it goes on when it was told");
  assert.deepEqual(told, [1, 2, 3]);
});

Deno.test("work that emits is over when all of that has been told, however long it takes", async () => {
  const clock = new FakeClock();
  const events = new EventStream(clock, new RecordedLog());
  let told = 0;
  // Each listener call takes longer than a portion may.
  events.subscribe(() => {
    told++;
    clock.advance(5);
  });
  const work = events.tellAfter(() => events.emit(["a", "b", "c"].map(newEvent)));
  const toldByThen = work.then(() => told);
  await clock.advanceAsync(100);
  assert.equal(await toldByThen, 3);
  events.close();
});

Deno.test("while work goes on over many turns nothing is told, nor what is being told already", async () => {
  const clock = new FakeClock();
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  using events = new EventStream(clock, new RecordedLog());
  const told: number[] = [];
  events.subscribe(({ seq }) => {
    told.push(seq);
    // Longer than the loop is held for.
    if (seq === 1) clock.advance(100);
  });
  events.emit([newEvent("a"), newEvent("b")]);
  assert.deepEqual(told, [1], "the rest comes later");
  const works = [first, second].map(({ promise }) => events.tellAfter(() => promise));
  events.emit([newEvent("c")]);
  await clock.advanceAsync(1_000);
  first.resolve();
  await clock.advanceAsync(1_000);
  assert.deepEqual(told, [1], "the other goes on");
  second.resolve();
  await clock.advanceAsync(1_000);
  await Promise.all(works);
  assert.deepEqual(told, [1, 2, 3]);
});

Deno.test("work that throws leaves nothing held back", async () => {
  using events = new EventStream(new FakeClock(), new RecordedLog());
  const told: number[] = [];
  events.subscribe(({ seq }) => told.push(seq));
  const broken = events.tellAfter(() => {
    throw new Error("broken");
  });
  await assert.rejects(broken, /broken/);
  events.emit([newEvent("a")]);
  assert.deepEqual(told, [1]);
});

Deno.test("nobody waits for a stream that was closed", async () => {
  const events = new EventStream(new FakeClock(), new RecordedLog());
  let released = false;
  events.subscribe(() => {
    void events.told().then(() => released = true);
    events.close();
  });
  events.emit([newEvent("a"), newEvent("b")]);
  await Promise.resolve();
  assert.ok(released);
  await events.told();
});

Deno.test("a stream that was closed tells nobody, who subscribes then included", async () => {
  const clock = new FakeClock();
  const events = new EventStream(clock, new RecordedLog());
  events.close();
  let told = 0;
  events.subscribe(() => told++);
  events.emit([newEvent("a")]);
  await events.tellAfter(() => events.emit([newEvent("b")]));
  clock.advance(1_000);
  assert.deepEqual([told, events.lastSeq], [0, 2]);
});

Deno.test("the last that somebody asked for is by an operator or a reload, and no audit", () => {
  using events = new EventStream(new FakeClock(), new RecordedLog());
  const emit = (each: Partial<NewEvent>) => {
    events.emit([{ ...newEvent("a"), ...each } as NewEvent]);
    return events.lastAsked;
  };
  assert.equal(events.lastAsked, 0);
  assert.equal(emit({ cause: { kind: "start" } }), 0);
  assert.equal(emit({ cause: { kind: "operator" } }), 2);
  assert.equal(emit({ cause: { kind: "start" } }), 2);
  assert.equal(emit({ cause: { kind: "config" } }), 4);
  assert.equal(emit({ kind: "audit", cause: { kind: "operator" } }), 4);
});

Deno.test("events carry cause, actor and the moment", () => {
  const clock = new FakeClock(5_000);
  using events = new EventStream(clock, new RecordedLog());
  const told: MaglevEvent[] = [];
  events.subscribe((event) => told.push(event));
  clock.advance(20);
  const actor = { name: "operator", from: "192.0.2.7:4711" };
  events.emit([{ ...newEvent("a"), cause: { kind: "operator" }, actor }]);
  assert.deepEqual(told, [{
    ...newEvent("a"),
    cause: { kind: "operator" },
    actor,
    at: 5_020,
    seq: 1,
  }]);
});

/** A backend that came up. */
function newEvent(backend: string): NewEvent {
  return {
    kind: "backend",
    backend,
    address: "10.0.0.1",
    transition: { from: "unknown", to: "up", at: 0 },
    frontends: [],
    cause: { kind: "start" },
  };
}
