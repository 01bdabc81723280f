import assert from "node:assert/strict";
import type { Restored } from "../../lib/checker/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, type ConfigSketch, fail, pass, sketch } from "./support/bench.ts";

const site: ConfigSketch = {
  backends: { a: {}, b: {}, spare: {} },
  frontends: { f: [{ a: 100, b: 100 }, { spare: 100 }], g: [{ a: 50 }, { spare: 10 }] },
};
const anna = { name: "anna", from: "192.0.2.7" };

/** All are up and nothing has happened yet. */
function up(change: Partial<ConfigSketch> = {}): Bench {
  const bench = new Bench(sketch({ ...site, ...change }), { answers: pass });
  bench.clock.advance(5_000);
  bench.events.length = 0;
  return bench;
}

function drain({ checker }: Bench, backend?: string, deadlineMs?: number): void {
  checker.operate([{ action: "drain", backend: backend ?? "a", deadlineMs }], anna);
}

function weight({ checker }: Bench, frontend: string, backend: string): unknown {
  const { weight, flush, reason } = checker.frontend(frontend)?.weights
    .find((each) => each.backend === backend) ?? assert.fail();
  return [weight, flush, reason.kind];
}

/** Packets that VPP has sent, as a test says, read at each look. */
function traffic({ checker, clock }: Bench, packets: Map<string, number>): void {
  checker.watchTraffic(() => ({ at: clock.now(), packetsTo: (address) => packets.get(address) }));
}

const address = "10.0.0.0";

Deno.test("a drained backend gets no new flows in any frontend, keeps its own and is probed", () => {
  using bench = up();
  drain(bench);
  assert.deepEqual(bench.story(), [
    "drain a",
    "a drain begun (operator)",
    "f/a 100>100 as 100>0 (operator)",
    "g pool pool0>pool1 (operator)",
    "g/a 50>50 as 50>0 (operator)",
    "g/spare 10>10 as 0>10 (pool)",
  ]);
  assert.deepEqual(weight(bench, "f", "a"), [0, false, "draining"]);
  assert.equal(bench.checker.frontend("g")?.state, "up", "its other pool took over");
  const before = bench.prober.starts.length;
  bench.clock.advance(10_000);
  assert.ok(bench.prober.starts.slice(before).some((start) => start.address === address));
  const said = { by: anna, at: bench.clock.wall() - 10_000 };
  assert.deepEqual(bench.checker.backend("a")?.drain, {
    ...{ said, deadlineAt: undefined, packetsPerSecond: undefined, drainedAt: undefined },
  });
  assert.deepEqual(bench.checker.backend("a")?.byHand, {
    ...{ state: "draining", fileEnabled: true, said },
  });
});

/** Many that are up, and how often VPP's counters are asked for one of them. */
function crowd(count: number) {
  const names = Array.from({ length: count }, (_, i) => `b${i}`);
  const bench = up({
    backends: Object.fromEntries(names.map((name) => [name, {}])),
    frontends: { f: [Object.fromEntries(names.map((name) => [name, 100]))] },
  });
  const seen = { looks: 0 };
  bench.checker.watchTraffic(() => ({
    at: bench.clock.now(),
    packetsTo: () => {
      seen.looks++;
      return 7;
    },
  }));
  const drainAll = () => names.forEach((name) => drain(bench, name));
  return { bench, seen, drainAll };
}

Deno.test("a drain that begins is looked at by itself, however many others there are", () => {
  const { bench, seen, drainAll } = crowd(50);
  using _bench = bench;
  drainAll();
  assert.equal(seen.looks, 50);
  bench.clock.advance(5_000);
  assert.equal(seen.looks, 100, "all of them as soon as there is another reading");
  bench.clock.advance(5_000);
  assert.equal(seen.looks, 150);
});

Deno.test("thousands of drains are looked at some at a time", async () => {
  const { bench, seen, drainAll } = crowd(50);
  using _bench = bench;
  drainAll();
  // A turn is over when three were looked at in it.
  let began = seen.looks;
  const waiting: (() => void)[] = [];
  bench.clock.turn = {
    get isOver() {
      return seen.looks - began >= 3;
    },
    next: () => new Promise((resolve) => void waiting.push(resolve)),
  };
  bench.clock.advance(5_000);
  const first = seen.looks - 50;
  assert.ok(first >= 1 && first < 10, `${first} before others have their turn`);
  for (let goOn = waiting.shift(); goOn; goOn = waiting.shift()) {
    began = seen.looks;
    goOn();
    await Promise.resolve();
  }
  assert.equal(seen.looks, 100, "and in the end all");
});

Deno.test("enabling and resetting undo a drain, and disabling ends it", () => {
  for (const action of ["enable", "reset"] as const) {
    using bench = up();
    drain(bench);
    bench.events.length = 0;
    const outcome = bench.checker.operate([{ action, backend: "a" }], anna);
    assert.deepEqual(outcome.frontends.map((each) => each.after?.weight), [200, 50]);
    assert.deepEqual(bench.story().slice(0, 3), [
      `${action} a`,
      "a drain ended (operator)",
      "f/a 100>100 as 0>100 (operator)",
    ]);
    assert.equal(bench.checker.backend("a")?.drain, undefined);
    assert.deepEqual(weight(bench, "g", "a"), [50, false, "carries"]);
  }
  using bench = up();
  drain(bench);
  bench.events.length = 0;
  steer(bench.checker).disable("a", anna);
  assert.ok(bench.story().includes("a drain ended (operator): it is disabled"));
  steer(bench.checker).enable("a", anna);
  assert.equal(bench.checker.backend("a")?.drain, undefined);
});

Deno.test("a drain asked for again goes on, unless it has a time of its own", () => {
  using bench = up();
  drain(bench);
  const begun = bench.checker.backend("a")?.drain;
  bench.clock.advance(1_000);
  bench.events.length = 0;
  drain(bench);
  assert.deepEqual(bench.events, []);
  assert.deepEqual(bench.checker.backend("a")?.drain, begun);
  drain(bench, "a", 60_000);
  assert.deepEqual(bench.story(), ["drain a", "a drain begun (operator): for 1m"]);
  assert.equal(bench.checker.backend("a")?.drain?.deadlineAt, bench.clock.wall() + 60_000);
});

Deno.test("what cannot be drained is refused, and nothing is done", () => {
  using bench = up();
  const refused: [string, number | undefined, RegExp][] = [
    ["nobody", undefined, /cannot drain backend "nobody": no such backend/],
    ["a", 0, /above 0 and at most 24h, not 0s$/],
    ["a", -1, /above 0 and at most 24h, not less$/],
    ["a", 86_400_001, /above 0 and at most 24h, not 24h0.001s$/],
  ];
  for (const [backend, ms, message] of refused) {
    assert.throws(() => drain(bench, backend, ms), message);
  }
  for (const ms of [1, 86_400_000]) drain(bench, "a", ms);
  steer(bench.checker).disable("a");
  bench.events.length = 0;
  assert.throws(() => drain(bench), /it is disabled and its flows are moved away; enable it first/);
  assert.deepEqual(bench.events, []);
});

Deno.test("when the deadline is over what is left is moved away, and the backend is drained", () => {
  using bench = up({ drainDeadlineMs: 60_000 });
  drain(bench);
  bench.events.length = 0;
  bench.clock.advance(59_999);
  assert.deepEqual(bench.events, []);
  assert.deepEqual(weight(bench, "f", "a"), [0, false, "draining"]);
  bench.clock.advance(1);
  assert.deepEqual(bench.story(), [
    "a drain overdue (safety): what is left of its flows is moved away",
    "a drain drained (safety): its deadline is over",
  ]);
  assert.deepEqual(weight(bench, "f", "a"), [0, true, "draining"]);
  assert.deepEqual(weight(bench, "g", "a"), [0, true, "draining"]);
  assert.equal(bench.checker.backend("a")?.drain?.drainedAt, bench.clock.wall());
});

Deno.test("each frontend has its deadline, and the backend is drained when all of them are over", () => {
  const plain = sketch({ ...site, drainDeadlineMs: 10_000 });
  const late = { ...plain.frontends.get("g") ?? assert.fail(), drainDeadlineMs: 60_000 };
  const frontends = new Map([...plain.frontends, ["g", late] as const]);
  using bench = new Bench({ ...plain, frontends }, { answers: pass });
  bench.clock.advance(5_000);
  drain(bench);
  bench.clock.advance(10_000);
  const flushed = () => ["f", "g"].map((frontend) => weight(bench, frontend, "a"));
  assert.deepEqual(flushed(), [[0, true, "draining"], [0, false, "draining"]]);
  assert.equal(bench.checker.backend("a")?.drain?.drainedAt, undefined);
  bench.clock.advance(50_000);
  assert.deepEqual(flushed(), [[0, true, "draining"], [0, true, "draining"]]);
  assert.equal(bench.checker.backend("a")?.drain?.drainedAt, bench.clock.wall());
});

Deno.test("a time of its own counts in place of the frontends'", () => {
  using bench = up({ drainDeadlineMs: 60_000 });
  drain(bench, "a", 100_000);
  bench.clock.advance(99_999);
  assert.deepEqual(weight(bench, "f", "a"), [0, false, "draining"]);
  bench.clock.advance(1);
  assert.deepEqual(weight(bench, "f", "a"), [0, true, "draining"]);
});

Deno.test("a backend is drained once VPP has sent it nothing for a flow's lifetime", () => {
  using bench = up();
  const packets = new Map([[address, 1_000]]);
  traffic(bench, packets);
  drain(bench);
  bench.events.length = 0;
  for (let seconds = 0; seconds < 60; seconds += 5) {
    packets.set(address, (packets.get(address) ?? 0) + 50);
    bench.clock.advance(5_000);
  }
  assert.equal(bench.checker.backend("a")?.drain?.packetsPerSecond, 10);
  bench.clock.advance(35_000);
  assert.equal(bench.checker.backend("a")?.drain?.packetsPerSecond, 0);
  assert.deepEqual(bench.events, []);
  bench.clock.advance(5_000);
  assert.deepEqual(bench.story(), ["a drain drained (safety): no packets for 40s"]);
  assert.deepEqual(weight(bench, "f", "a"), [0, false, "draining"]);
});

Deno.test("several drains wait for the next deadline with one timer", () => {
  using bench = up();
  const before = bench.clock.pending;
  drain(bench, "a", 60_000);
  drain(bench, "b", 50_000);
  assert.equal(bench.clock.pending, before + 1);
  bench.clock.advance(50_000);
  assert.equal(bench.checker.backend("b")?.drain?.drainedAt, bench.clock.wall());
  assert.deepEqual(weight(bench, "f", "b"), [0, true, "draining"], "in the one that uses it");
  assert.equal(bench.checker.backend("a")?.drain?.drainedAt, undefined);
  bench.clock.advance(10_000);
  assert.equal(bench.checker.backend("a")?.drain?.drainedAt, bench.clock.wall());
});

Deno.test("a drain that there is nothing to wait for needs no timer, nor does a closed checker", () => {
  using bench = up();
  const before = bench.clock.pending;
  drain(bench);
  assert.equal(bench.clock.pending, before);
  bench.checker.close();
  drain(bench, "b", 60_000);
  assert.equal(bench.clock.pending, 0);
});

Deno.test("a drain that was there before VPP is looked after as any other", () => {
  using bench = up();
  drain(bench);
  bench.clock.advance(60_000);
  traffic(bench, new Map([[address, 1_000]]));
  bench.clock.advance(40_000);
  assert.equal(bench.checker.backend("a")?.drain?.drainedAt, bench.clock.wall());
});

Deno.test("a reading that is not renewed, is missing, or began anew proves no silence", () => {
  using bench = up();
  let reading: { at: number; packets: number } | undefined = { at: 1, packets: 7 };
  bench.checker.watchTraffic(() =>
    reading && { at: reading.at, packetsTo: () => reading?.packets }
  );
  drain(bench);
  bench.clock.advance(100_000);
  assert.equal(bench.checker.backend("a")?.drain?.drainedAt, undefined, "the same reading");
  reading = undefined;
  bench.clock.advance(100_000);
  reading = { at: 2, packets: 7 };
  bench.clock.advance(5_000);
  reading = { at: 3, packets: 2 };
  bench.clock.advance(5_000);
  assert.equal(bench.checker.backend("a")?.drain?.packetsPerSecond, 0, "VPP was restarted");
  assert.equal(bench.checker.backend("a")?.drain?.drainedAt, undefined);
});

Deno.test("a backend that no frontend uses is drained at once", () => {
  using bench = up({ backends: { ...site.backends, idle: {} } });
  drain(bench, "idle");
  assert.equal(bench.story().at(-1), "idle drain drained (safety): no frontend uses it");
});

Deno.test("a drained backend that goes down has its flows moved away as any other", () => {
  using bench = up();
  drain(bench);
  bench.prober.answers = (target) => target.address.text === address ? fail : pass;
  bench.clock.advance(20_000);
  assert.equal(bench.state("a"), "down");
  assert.deepEqual(weight(bench, "f", "a"), [0, true, "draining"]);
});

Deno.test("a reload changes deadlines, and a drain stays with a backend under its new name", async () => {
  using bench = up();
  drain(bench);
  await bench.reload(sketch({ ...site, drainDeadlineMs: 30_000 }));
  bench.clock.advance(30_000);
  assert.deepEqual(weight(bench, "f", "a"), [0, true, "draining"]);
  bench.events.length = 0;
  await bench.reload(sketch({
    backends: { z: { at: address }, b: {}, spare: {} },
    frontends: { f: [{ z: 100, b: 100 }, { spare: 100 }] },
  }));
  assert.equal(bench.checker.backend("z")?.drain?.said.by.name, "anna");
  const drains = bench.story().filter((line) => line.includes("drain"));
  assert.deepEqual(drains, [
    "a drain ended (config): it is removed",
    "z drain begun (config): under its new name",
    "z drain drained (config): under its new name",
  ]);
});

Deno.test("a drain outlives a restart, and so does what has come of it", () => {
  using old = up({ drainDeadlineMs: 60_000 });
  drain(old);
  old.clock.advance(10_000);
  const saved = old.checker.saved("a") ?? assert.fail();
  const restored: Restored = {
    backends: new Map([["a", saved]]),
    weights: new Map(),
    changes: new Map(),
    isHealthFresh: true,
  };
  const config = sketch({ ...site, drainDeadlineMs: 60_000 });
  using bench = new Bench(config, { restored, answers: pass });
  assert.deepEqual(bench.events, [], "nothing has happened");
  assert.deepEqual(weight(bench, "f", "a"), [0, false, "draining"]);
  // What was said lies ahead of its calendar.
  bench.clock.advance(59_999);
  assert.deepEqual(weight(bench, "f", "a"), [0, false, "draining"]);
  bench.clock.advance(1);
  assert.deepEqual(weight(bench, "f", "a"), [0, true, "draining"]);
  const after = bench.checker.saved("a") ?? assert.fail();
  assert.deepEqual(after.drain?.overdue, ["f", "g"]);
  using last = new Bench(config, { restored: { ...restored, backends: new Map([["a", after]]) } });
  assert.deepEqual(last.events, []);
  assert.deepEqual(weight(last, "g", "a"), [0, true, "draining"]);
  assert.notEqual(last.checker.backend("a")?.drain?.drainedAt, undefined);
});

Deno.test("a calendar that is set makes no drain shorter, nor longer, nor does a restart after that", () => {
  for (const stepMs of [3_600_000, -3_600_000]) {
    using bench = up();
    drain(bench, "a", 60_000);
    bench.clock.setCalendar(stepMs);
    // Whoever drains another one has all of them looked at.
    drain(bench, "spare");
    bench.clock.advance(59_999);
    assert.deepEqual(weight(bench, "f", "a"), [0, false, "draining"]);
    bench.clock.advance(1);
    assert.deepEqual(weight(bench, "f", "a"), [0, true, "draining"]);
  }
  for (const [laterMs, leftMs] of [[20_000, 40_000], [-3_600_000, 60_000]] as const) {
    using old = up();
    drain(old, "a", 60_000);
    const saved = old.checker.saved("a") ?? assert.fail();
    const wall = saved.drain?.said.at ?? assert.fail();
    const restored: Restored = {
      backends: new Map([["a", saved]]),
      weights: new Map(),
      changes: new Map(),
      isHealthFresh: true,
    };
    const wallStart = wall + laterMs;
    using bench = new Bench(sketch(site), { restored, answers: pass, wallStart });
    bench.clock.advance(leftMs - 1);
    assert.deepEqual(weight(bench, "f", "a"), [0, false, "draining"]);
    bench.clock.advance(1);
    assert.deepEqual(weight(bench, "f", "a"), [0, true, "draining"]);
  }
});

Deno.test("what a drain would come to is told before, and nothing is done", () => {
  using bench = up();
  const { backends, frontends } = bench.checker.foresee([
    { action: "drain", backend: "a" },
    { action: "drain", backend: "spare" },
  ]);
  assert.deepEqual(backends, [], "no state changes");
  const told = frontends.map(({ frontend, after, danger }) => [frontend, after?.weight, danger]);
  assert.deepEqual(told, [["f", 100, undefined], ["g", 0, "goes-down"]]);
  assert.deepEqual(bench.events, []);
});

Deno.test("what a reload would come to knows of drains", async () => {
  using bench = up();
  drain(bench);
  const config = sketch({ ...site, frontends: { f: [{ a: 60, b: 40 }] } });
  const foreseeing = bench.checker.foreseeReload(config);
  await bench.clock.advanceAsync(100);
  const { frontends } = await foreseeing;
  assert.equal(frontends.find(({ frontend }) => frontend === "f")?.after?.weight, 40);
});
