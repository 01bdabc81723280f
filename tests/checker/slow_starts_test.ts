import assert from "node:assert/strict";
import type { Restored } from "../../lib/checker/mod.ts";
import { steer } from "../support/steer.ts";
import { Bench, type ConfigSketch, fail, httpCheck, pass, sketch } from "./support/bench.ts";

const site: ConfigSketch = {
  backends: { a: {}, b: {}, c: {} },
  frontends: { f: [{ a: 100, b: 100 }, { c: 100 }] },
  slowStartMs: 9_000,
};

/** From now on the servers at these places of the file are the only ones that answer. */
function answering({ prober }: Bench, ...well: readonly number[]): void {
  const addresses = well.map((at) => `10.0.0.${at}`);
  prober.answers = ({ address }) => addresses.includes(address.text) ? pass : fail;
}

/** All are up. */
function up(change: Partial<ConfigSketch> = {}): Bench {
  const bench = new Bench(sketch({ ...site, ...change }), { answers: pass });
  bench.clock.advance(10_000);
  bench.events.length = 0;
  return bench;
}

/** `a` was down and has come up this very moment. */
function risen(change: Partial<ConfigSketch> = {}): Bench {
  const bench = up(change);
  answering(bench, 1, 2);
  bench.clock.advance(20_000);
  assert.equal(bench.state("a"), "down");
  answering(bench, 0, 1, 2);
  untilUp(bench, "a");
  return bench;
}

function untilUp(bench: Bench, name: string): void {
  for (let ms = 0; bench.state(name) !== "up"; ms++) {
    assert.ok(ms < 60_000, `${name} does not come up`);
    bench.clock.advance(1);
  }
}

function weights({ checker }: Bench): string[] {
  return (checker.frontend("f")?.weights ?? []).map(({ backend, weight, flush, reason }) => {
    const percent = reason.kind === "slow-start" ? ` ${reason.percent}` : "";
    return `${backend} ${weight} ${reason.kind}${percent}${flush ? " flush" : ""}`;
  });
}

function weightOf(bench: Bench, name = "a"): string | undefined {
  return weights(bench).find((text) => text.startsWith(`${name} `))?.slice(name.length + 1);
}

/** Every weight of a backend from now on until a slow start is over. */
function weightsOver(bench: Bench, name: string, ms: number): number[] {
  const begin = bench.events.length;
  bench.clock.advance(ms);
  return bench.events.slice(begin).flatMap((event) =>
    event.kind === "weight" && event.backend === name ? [Number(event.effective.to)] : []
  );
}

Deno.test("a backend that comes up gets its weight in ten steps over the time", () => {
  using bench = risen();
  assert.deepEqual(weights(bench), ["a 10 slow-start 10", "b 100 carries", "c 0 standby"]);
  assert.deepEqual([...bench.checker.frontend("f")?.slowStarts ?? []], [["a", 10]]);
  bench.events.length = 0;
  bench.clock.advance(999);
  assert.deepEqual(bench.events, []);
  bench.clock.advance(1);
  assert.deepEqual(bench.story(), ["f/a 100>100 as 10>20 (safety)"]);
  assert.deepEqual(weightsOver(bench, "a", 7_999), [30, 40, 50, 60, 70, 80, 90]);
  bench.events.length = 0;
  bench.clock.advance(1);
  assert.deepEqual(bench.story(), [
    "f/a slow-start ended (safety)",
    "f/a 100>100 as 90>100 (safety)",
  ]);
  assert.deepEqual([...bench.checker.frontend("f")?.slowStarts ?? []], []);
  assert.deepEqual(weightsOver(bench, "a", 100_000), []);
});

Deno.test("between two steps nobody looks", () => {
  using bench = risen();
  const { clock } = bench;
  const delays: number[] = [];
  const after = clock.after.bind(clock);
  clock.advance(500);
  clock.after = (delayMs, run) => {
    delays.push(delayMs);
    return after(delayMs, run);
  };
  clock.advance(500);
  assert.ok(delays.includes(1_000), "for the next step");
  assert.ok(!delays.includes(1), delays.join());
});

Deno.test("its beginning is told, with the time that it takes", () => {
  using bench = risen();
  const begun = bench.events.filter(({ kind }) => kind === "safety");
  assert.deepEqual(begun.map((event) => event.kind === "safety" && [event.change, event.detail]), [
    ["begun", "over 9s"],
  ]);
  const last = bench.story().slice(-3);
  assert.deepEqual(last, [
    "a down>up (probe)",
    "f/a slow-start begun (probe)",
    "f/a 100>100 as 0>10 (probe)",
  ]);
});

Deno.test("a small weight is never rounded to nothing", () => {
  using bench = risen({ frontends: { f: [{ a: 3, b: 100 }] } });
  assert.equal(weightOf(bench), "1 slow-start 10");
  assert.deepEqual(weightsOver(bench, "a", 9_000), [2, 3]);
});

Deno.test("a weight of 0 is none of it, and one set meanwhile counts in part", () => {
  using bench = risen({ frontends: { f: [{ a: 0, b: 100 }] } });
  assert.equal(weightOf(bench), "0 zero");
  bench.clock.advance(4_000);
  steer(bench.checker).setWeight("f", "pool0", "a", 20, false);
  assert.equal(weightOf(bench), "10 slow-start 50");
});

Deno.test("the weight of a frontend is that of what has come up, as far as it has", () => {
  for (const [weight, expected] of [[0, 100], [1, 101], [100, 110]] as const) {
    using bench = risen({ frontends: { f: [{ a: weight, b: 100 }, { c: 100 }] } });
    const { frontends: [frontend] } = bench.checker.foresee([{ action: "pause", backend: "b" }]);
    assert.equal(frontend?.before?.weight, expected);
  }
});

Deno.test("without slow-start everything comes at once", () => {
  using bench = risen({ slowStartMs: 0 });
  assert.deepEqual([weightOf(bench), bench.checker.frontend("f")?.slowStarts.size], [
    "100 carries",
    0,
  ]);
});

Deno.test("where nobody else carries the pool it comes at once, and stays", () => {
  using bench = up();
  answering(bench, 2);
  bench.clock.advance(20_000);
  bench.events.length = 0;
  answering(bench, 0, 2);
  untilUp(bench, "a");
  assert.equal(weightOf(bench), "100 carries");
  answering(bench, 0, 1, 2);
  untilUp(bench, "b");
  assert.deepEqual(weights(bench), ["a 100 carries", "b 100 carries", "c 0 standby"]);
  bench.clock.advance(60_000);
  assert.ok(!bench.events.some(({ kind }) => kind === "safety"));
  answering(bench, 0, 2);
  bench.clock.advance(20_000);
  answering(bench, 0, 1, 2);
  untilUp(bench, "b");
  assert.equal(weightOf(bench, "b"), "10 slow-start 10", "a is not fresh any more");
});

Deno.test("when the last other server goes the rest comes at once", () => {
  for (const how of ["down", "drain", "weight"] as const) {
    using bench = risen();
    if (how === "drain") bench.checker.operate([{ action: "drain", backend: "b" }]);
    if (how === "weight") steer(bench.checker).setWeight("f", "pool0", "b", 0, false);
    if (how === "down") {
      answering(bench, 0, 2);
      while (bench.state("b") === "up") bench.clock.advance(1);
    }
    assert.equal(weightOf(bench), "100 carries", how);
    const told = bench.events.filter((event) => event.kind === "weight" && event.backend === "a");
    assert.partialDeepStrictEqual(told.at(-1), { effective: { to: 100 } }, how);
    assert.ok(bench.story().some((line) => line.startsWith("f/a slow-start ended")));
    steer(bench.checker).enable("b");
    bench.clock.advance(1);
    assert.equal(weightOf(bench), "100 carries", "it does not go down again");
  }
});

Deno.test("when another pool has nobody left it goes on where somebody else carries", () => {
  using bench = risen();
  answering(bench, 0, 1);
  bench.clock.advance(1_000);
  while (bench.state("c") === "up") bench.clock.advance(1);
  assert.match(weightOf(bench) ?? "", /^[1-9]0 slow-start/);
});

Deno.test("it ends when the backend goes down, and begins anew when it comes up", () => {
  using bench = risen();
  bench.clock.advance(3_000);
  assert.equal(weightOf(bench), "40 slow-start 40");
  answering(bench, 1, 2);
  bench.clock.advance(10_000);
  assert.equal(weightOf(bench), "0 not-up flush");
  assert.equal(bench.checker.frontend("f")?.slowStarts.size, 0);
  answering(bench, 0, 1, 2);
  untilUp(bench, "a");
  assert.equal(weightOf(bench), "10 slow-start 10");
});

Deno.test("whoever was disabled or paused starts slowly, who was drained does not", () => {
  using bench = up();
  for (const [out, back] of [["disable", "enable"], ["pause", "resume"]] as const) {
    steer(bench.checker)[out]("a");
    bench.clock.advance(5_000);
    steer(bench.checker)[back]("a");
    untilUp(bench, "a");
    assert.equal(weightOf(bench), "10 slow-start 10", back);
    bench.clock.advance(10_000);
  }
  bench.checker.operate([{ action: "drain", backend: "a" }]);
  bench.clock.advance(5_000);
  steer(bench.checker).enable("a");
  assert.equal(weightOf(bench), "100 carries", "it was up all the time");
});

Deno.test("who is found down after a pause begins nothing", () => {
  using bench = up();
  steer(bench.checker).pause("a");
  answering(bench, 1, 2);
  steer(bench.checker).resume("a");
  bench.clock.advance(20_000);
  assert.equal(bench.state("a"), "down");
  assert.deepEqual(bench.story().filter((line) => line.includes("slow-start")), []);
});

Deno.test("not after a start of maglevd, whatever is restored", () => {
  using fresh = new Bench(sketch(site), { answers: pass });
  fresh.clock.advance(10_000);
  assert.ok(!fresh.events.some(({ kind }) => kind === "safety"));

  using old = risen();
  const backends = ["a", "b", "c"].map((name) => old.checker.saved(name) ?? assert.fail());
  const restored: Restored = {
    ...{ backends: new Map(backends.map((each) => [each.name, each])), weights: new Map() },
    ...{ changes: new Map(), isHealthFresh: true },
  };
  using bench = new Bench(sketch(site), { answers: pass, restored });
  bench.clock.advance(10_000);
  assert.equal(weightOf(bench), "100 carries");
  assert.ok(!bench.events.some(({ kind }) => kind === "safety"));
});

Deno.test("a backend that a reload adds starts slowly, a frontend that it adds does not", async () => {
  const small = { backends: { a: {}, c: {} }, frontends: { f: [{ a: 100 }, { c: 100 }] } };
  using bench = up(small);
  const more = {
    backends: { a: {}, c: {}, b: {} },
    frontends: { f: [{ a: 100, b: 100 }, { c: 100 }], g: [{ b: 50, a: 50 }] },
  };
  await bench.reload(sketch({ ...site, ...more }));
  untilUp(bench, "b");
  assert.equal(weightOf(bench, "b"), "10 slow-start 10");
  const fresh = bench.checker.frontend("g")?.weights.map(({ weight }) => weight);
  assert.deepEqual(fresh, [50, 50]);
});

Deno.test("a server that has another name and check since a reload has its weight at once", async () => {
  using bench = up();
  const other = httpCheck("other", { path: "/other" });
  await bench.reload(sketch({
    ...site,
    checks: [httpCheck("web"), other],
    backends: {
      ...{ a: {}, b: { at: "10.9.9.9" }, c: {} },
      late: { at: "10.0.0.1", healthcheck: "other" },
    },
    frontends: { f: [{ a: 100, late: 100 }, { c: 100 }] },
  }));
  assert.equal(weightOf(bench, "late"), "kept kept");
  untilUp(bench, "late");
  assert.equal(weightOf(bench, "late"), "100 carries");
});

Deno.test("a reload lowers nothing: it goes on with it, or ends it", async () => {
  using bench = risen();
  bench.clock.advance(3_000);
  bench.events.length = 0;
  await bench.reload(sketch({ ...site, flushOnDown: false }));
  assert.equal(weightOf(bench), "40 slow-start 40");
  await bench.reload(sketch({ ...site, slowStartMs: 90_000 }));
  assert.equal(weightOf(bench), "40 slow-start 40");
  bench.clock.advance(20_000);
  assert.equal(weightOf(bench), "40 slow-start 40");
  bench.clock.advance(20_000);
  assert.equal(weightOf(bench), "50 slow-start 50");
  await bench.reload(sketch({ ...site, slowStartMs: 0 }));
  assert.equal(weightOf(bench), "100 carries");
  assert.deepEqual(bench.story().filter((line) => line.includes("slow-start")), [
    "f/a slow-start ended (config)",
  ]);
});

Deno.test("a slow start that has given everything at once ends no second time", async () => {
  using bench = risen();
  steer(bench.checker).setWeight("f", "pool0", "b", 0, false);
  assert.equal(weightOf(bench), "100 carries");
  bench.events.length = 0;
  await bench.reload(sketch({ ...site, slowStartMs: 0 }));
  assert.deepEqual(bench.story().filter((line) => line.includes("slow-start")), []);
});

Deno.test("who has got everything at once ends nothing by going out of service", () => {
  using bench = risen();
  steer(bench.checker).setWeight("f", "pool0", "b", 0, false);
  assert.equal(weightOf(bench), "100 carries");
  bench.events.length = 0;
  steer(bench.checker).disable("a");
  assert.deepEqual(bench.story().filter((line) => line.includes("slow-start")), []);
});

Deno.test("a reload that takes the last other server away gives the rest at once", async () => {
  using bench = risen();
  await bench.reload(sketch({ ...site, frontends: { f: [{ a: 100, b: 0 }, { c: 100 }] } }));
  assert.equal(weightOf(bench), "100 carries");
  assert.ok(bench.story().includes("f/a slow-start ended (config)"));
});

Deno.test("of a slow start that a reload ends nothing is told but what the reload does", async () => {
  const names = Array.from({ length: 300 }, (_, i) => `b${i}`);
  const large = (weight: number, slowStartMs: number) =>
    sketch({
      backends: Object.fromEntries(names.map((name) => [name, {}])),
      frontends: { f: [Object.fromEntries(names.map((name) => [name, weight]))] },
      slowStartMs,
    });
  using bench = new Bench(large(100, 9_000), { answers: pass });
  bench.clock.advance(10_000);
  bench.prober.answers = ({ backend }) => backend === "b0" ? fail : pass;
  while (bench.state("b0") === "up") bench.clock.advance(10);
  bench.prober.answers = () => pass;
  while (bench.state("b0") === "down") bench.clock.advance(10);
  bench.events.length = 0;
  await bench.reload(large(50, 0));
  const weights = bench.story().filter((line) => line.startsWith("f/b"));
  assert.equal(weights.length, 301, "all, and that it ended");
  assert.ok(weights.every((line) => line.includes("(config)")), weights.join("\n"));
});

Deno.test("a frontend that goes takes its slow starts along", async () => {
  using bench = risen();
  await bench.reload(sketch({ ...site, frontends: { h: site.frontends?.f ?? [] } }));
  const told = bench.story().filter((line) => line.includes("slow-start"));
  assert.deepEqual(told.at(-1), "f/a slow-start ended (config)");
  assert.equal(bench.checker.frontend("h")?.slowStarts.size, 0);
  bench.clock.advance(20_000);
});
