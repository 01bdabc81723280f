import assert from "node:assert/strict";
import type { Checker, Operation, Outcome } from "../../lib/checker/mod.ts";
import { Bench, pass, sketch } from "./support/bench.ts";

const sites = sketch({
  backends: { a: {}, b: {}, c: {} },
  frontends: { f: [{ a: 100, b: 100 }, { c: 100 }], g: [{ a: 50 }] },
});

/** All three are up. */
function up(): Bench {
  const bench = new Bench(sites);
  for (const name of ["a", "b", "c"]) bench.probe(name, pass);
  bench.events.length = 0;
  return bench;
}

/** The frontends in a few words. */
function told({ frontends }: Outcome): string[] {
  return frontends.map(({ frontend, before, after, danger }) => {
    const [from, to] = [before, after].map((side) =>
      side ? `${side.state} ${side.activePool} ${side.weight}` : "none"
    );
    return `${frontend}: ${from} > ${to}${danger ? ` (${danger})` : ""}`;
  });
}

const weight = (frontend: string, pool: string, backend: string, weight: number) =>
  ({ action: "weight", frontend, pool, backend, weight, flush: false }) as const;

Deno.test("nothing happens when an outcome is foreseen", () => {
  using bench = up();
  const outcome = bench.checker.foresee([{ action: "disable", backend: "a" }]);
  assert.deepEqual(told(outcome), [
    "f: up pool0 200 > up pool0 100",
    "g: up pool0 50 > down pool0 0 (goes-down)",
  ]);
  assert.deepEqual(outcome.backends, [{ backend: "a", from: "up", to: "disabled" }]);
  assert.equal(bench.state("a"), "up");
  assert.deepEqual(bench.events, []);
});

Deno.test("what several operations come to is more than what each of them does", () => {
  using bench = up();
  const each = (["a", "b"] as const).map((backend) =>
    told(bench.checker.foresee([{ action: "pause", backend }]))[0]
  );
  assert.deepEqual(each, ["f: up pool0 200 > up pool0 100", "f: up pool0 200 > up pool0 100"]);
  const both = bench.checker.operate([
    { action: "pause", backend: "a" },
    { action: "pause", backend: "b" },
  ]);
  assert.deepEqual(told(both)[0], "f: up pool0 200 > up pool1 100");
  assert.equal(bench.checker.frontend("f")?.activePool, "pool1");
});

Deno.test("weight 0 on one of two servers and the other disabled takes a frontend down", () => {
  using bench = new Bench(
    sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ a: 100, b: 100 }] } }),
  );
  for (const name of ["a", "b"]) bench.probe(name, pass);
  const first = bench.checker.operate([weight("f", "pool0", "a", 0)]);
  assert.deepEqual(told(first), ["f: up pool0 200 > up pool0 100"]);
  const second = bench.checker.foresee([{ action: "disable", backend: "b" }]);
  assert.deepEqual(told(second), ["f: up pool0 100 > down pool0 0 (goes-down)"]);
});

Deno.test("more than half of the weight has to go before that is a danger", () => {
  using bench = up();
  const to = (to: number) => bench.checker.foresee([weight("g", "pool0", "a", to)]).frontends[0];
  assert.equal(to(25)?.danger, undefined);
  assert.equal(to(24)?.danger, "loses-most");
  assert.equal(to(0)?.danger, "goes-down");
  assert.equal(to(50), undefined, "nothing changes");
});

Deno.test("of operations none is done if one of them is refused", () => {
  using bench = up();
  const refused: Operation[] = [
    { action: "disable", backend: "a" },
    { action: "pause", backend: "a" },
  ];
  for (const ask of ["operate", "foresee"] as const) {
    assert.throws(() => bench.checker[ask](refused), /cannot pause backend "a": it is disabled/);
  }
  assert.equal(bench.state("a"), "up");
});

Deno.test("shares tell who takes over", () => {
  using bench = up();
  const { weights } = bench.checker.foresee([{ action: "pause", backend: "a" }]).frontends[0] ??
    assert.fail();
  assert.deepEqual(
    weights.map(({ backend, effective, share }) => [
      backend,
      `${effective.from}>${effective.to}`,
      `${share.from}>${share.to}`,
    ]),
    [["a", "100>0", "0.5>0"], ["b", "100>100", "0.5>1"]],
  );
});

Deno.test("of a large frontend so many weights are listed and no more", () => {
  const backends = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`b${i}`, {}]));
  const weights = Object.fromEntries(Object.keys(backends).map((name) => [name, 1]));
  using bench = new Bench(sketch({ backends, frontends: { f: [weights] } }));
  for (const name of Object.keys(backends)) bench.probe(name, pass);
  const [frontend] = bench.checker.foresee([{ action: "pause", backend: "b7" }]).frontends;
  assert.equal(frontend?.weights[0]?.backend, "b7", "what changes comes first");
  assert.deepEqual([frontend.weights.length, frontend.hasMore], [50, true]);
});

Deno.test("more is said to be left out only when it is", () => {
  const hasMore = (count: number, weight: number) => {
    const names = Array.from({ length: count }, (_, i) => `b${i}`);
    const pool = Object.fromEntries(names.map((name, i) => [name, i === 0 ? 1 : weight]));
    using bench = new Bench(sketch({
      backends: Object.fromEntries(names.map((name) => [name, {}])),
      frontends: { f: [pool] },
    }));
    for (const name of names.slice(0, 60)) bench.probe(name, pass);
    const { frontends: [frontend] } = bench.checker.foresee([{ action: "pause", backend: "b0" }]);
    return frontend?.hasMore;
  };
  assert.deepEqual([hasMore(50, 1), hasMore(51, 1)], [false, true]);
  // Those without weight are looked at in vain, a thousand at most.
  assert.deepEqual([hasMore(1_000, 0), hasMore(1_001, 0)], [false, true]);
});

Deno.test("a reload is foreseen: what comes, what goes, what fails over, and what was set by hand", async () => {
  using bench = up();
  bench.checker.operate([weight("f", "pool0", "b", 30)]);
  const after = sketch({
    backends: { a: { enabled: false }, b: {}, c: {} },
    frontends: { f: [{ a: 100, b: 100 }, { c: 100 }] },
  });
  const outcome = await foreseen(bench, after);
  assert.deepEqual(told(outcome), [
    "f: up pool0 130 > up pool0 30 (loses-most)",
    "g: up pool0 50 > none (removed)",
  ]);
  assert.deepEqual(outcome.backends, [{ backend: "a", from: "up", to: "disabled" }]);
  assert.deepEqual(outcome.changes.map(({ kind, change, name }) => `${kind} ${name} ${change}`), [
    "backend a changed",
    "frontend g removed",
  ]);
  assert.equal(bench.state("a"), "up");
});

Deno.test("a frontend that is new is part of the outcome and no danger", async () => {
  using bench = up();
  const after = sketch({
    backends: { a: {}, b: {}, c: {}, d: {} },
    frontends: { f: [{ a: 100, b: 100 }, { c: 100 }], g: [{ a: 50 }], h: [{ d: 10 }] },
  });
  assert.deepEqual(told(await foreseen(bench, after)), ["h: none > unknown pool0 0"]);
});

Deno.test("a frontend whose VIP another one takes that was there is one that goes", async () => {
  using bench = up();
  const { f, g } = Object.fromEntries(sites.frontends);
  assert.ok(f && g);
  const frontends = new Map([["f", { ...f, address: g.address }]]);
  const outcome = await foreseen(bench, { ...sites, frontends });
  assert.deepEqual(told(outcome), ["g: up pool0 50 > none (removed)"]);
});

Deno.test("a frontend that is renamed is not one that goes", async () => {
  using bench = new Bench(sketch({ backends: { a: {} }, frontends: { f: [{ a: 100 }] } }));
  bench.probe("a", pass);
  const renamed = sketch({ backends: { a: {} }, frontends: { g: [{ a: 100 }] } });
  assert.deepEqual(told(await foreseen(bench, renamed)), []);
});

Deno.test("a reload tells what had been foreseen of it", async () => {
  using bench = new Bench(
    sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ a: 100, b: 50 }] } }),
  );
  for (const name of ["a", "b"]) bench.probe(name, pass);
  const after = sketch({ backends: { b: { at: "10.0.0.1" } }, frontends: { f: [{ b: 50 }] } });
  const { desired: _, ...outcome } = await foreseen(bench, after);
  assert.equal(outcome.backends.length, 1);
  assert.deepEqual(await ended(bench, bench.checker.reload(after)), outcome);
});

type Config = Parameters<Checker["foreseeReload"]>[0];

function foreseen(bench: Bench, after: Config) {
  return ended(bench, bench.checker.foreseeReload(after));
}

/** Turns the clock until `work` has ended. */
async function ended<T>(bench: Bench, work: Promise<T>): Promise<T> {
  let done = false;
  const outcome = work.finally(() => done = true);
  for (let turn = 0; !done; turn++) {
    assert.ok(turn < 10_000, "it does not end");
    await bench.clock.advanceAsync(0);
  }
  return await outcome;
}
