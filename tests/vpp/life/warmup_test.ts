import assert from "node:assert/strict";
import { FakeClock } from "../../../lib/time/mod.ts";
import {
  mayTouch,
  type Warmup,
  warmupStart,
  warmupStep,
  WarmupTimer,
} from "../../../lib/vpp/life/warmup.ts";
import { Bench, fail, pass, sketch } from "../../checker/support/bench.ts";

const settling = (...released: string[]): Warmup => ({
  phase: "settling",
  released: new Set(released),
});

Deno.test("a warm-up begins quiet, settling without a minimum, and is over without a maximum", () => {
  assert.deepEqual(warmupStart(5_000, 30_000), { phase: "quiet" });
  assert.deepEqual(warmupStart(5_000, 5_000), { phase: "quiet" });
  assert.deepEqual(warmupStart(0, 30_000), settling());
  assert.deepEqual(warmupStart(0, 0), { phase: "over" });
});

Deno.test("every step of the warm-up", () => {
  const min = { kind: "min-delay", known: ["a", "b"] } as const;
  const max = { kind: "max-delay" } as const;
  const changed = { kind: "changed", known: ["b", "c"] } as const;
  const nothing = { kind: "changed", known: [] } as const;
  const over: Warmup = { phase: "over" };
  const quiet: Warmup = { phase: "quiet" };
  const table = [
    [quiet, changed, quiet, []],
    [quiet, min, settling("a", "b"), ["a", "b"]],
    [quiet, max, over, "all"],
    [settling("a"), changed, settling("a", "b", "c"), ["b", "c"]],
    [settling("a", "b", "c"), changed, settling("a", "b", "c"), []],
    [settling("a"), nothing, settling("a"), []],
    [settling("a"), max, over, "all"],
    [over, min, over, []],
    [over, max, over, []],
    [over, changed, over, []],
  ] as const;
  for (const [before, event, state, sync] of table) {
    assert.deepEqual(warmupStep(before, event), { state, sync });
  }
});

Deno.test("only released frontends may be touched until the warm-up is over", () => {
  assert.equal(mayTouch({ phase: "quiet" }, "a"), false);
  assert.equal(mayTouch(settling("a"), "a"), true);
  assert.equal(mayTouch(settling("a"), "b"), false);
  assert.equal(mayTouch({ phase: "over" }, "b"), true);
});

/** The warm-up of a site with two frontends, and what it released. */
class Warming implements Disposable {
  readonly bench: Bench;
  readonly clock = new FakeClock();
  readonly released: string[] = [];
  readonly timer: WarmupTimer;

  constructor(minMs: number, maxMs: number) {
    const config = sketch({
      backends: { b1: {}, b2: {}, b3: {} },
      frontends: { web: [{ b1: 100 }, { b2: 100 }], dns: [{ b3: 100 }] },
    });
    const lb = { ...config.lb, startupMinDelayMs: minMs, startupMaxDelayMs: maxMs };
    this.bench = new Bench({ ...config, lb });
    const { checker, log } = this.bench;
    this.timer = new WarmupTimer({
      ...{ checker, log, clock: this.clock },
      release: (what) => this.released.push(typeof what === "string" ? what : what.join(" ")),
    });
  }

  get phases(): unknown[] {
    return this.bench.log.named("vpp-warmup").map(({ phase }) => phase);
  }

  [Symbol.dispose](): void {
    this.timer[Symbol.dispose]();
    assert.equal(this.clock.pending, 0, "a timer is left");
    this.bench[Symbol.dispose]();
  }
}

Deno.test("a frontend is released when none of its backends is unknown, in any pool", () => {
  using warming = new Warming(5_000, 30_000);
  const { timer, clock, bench, released } = warming;
  timer.start();
  bench.probe("b1", pass);
  bench.probe("b3", fail);
  timer.changed(["web", "dns"]);
  assert.deepEqual([timer.released, timer.mayTouch("dns")], [[], false]);
  clock.advance(4_999);
  assert.deepEqual(warming.phases, []);
  clock.advance(1);
  assert.deepEqual(warming.phases, ["settling"]);
  assert.deepEqual(timer.released, ["dns"]);
  assert.deepEqual([timer.mayTouch("dns"), timer.mayTouch("web")], [true, false]);
  bench.probe("b2", pass);
  timer.changed(["dns", "web", "nobody"]);
  assert.deepEqual(timer.released, ["dns", "web"]);
  assert.deepEqual(released.filter((what) => what !== ""), ["dns", "web"]);
  assert.equal(timer.isOver, false);
  clock.advance(24_999);
  assert.equal(timer.isOver, false);
  clock.advance(1);
  assert.deepEqual([timer.isOver, timer.released, released.at(-1)], [true, "all", "all"]);
  assert.deepEqual(warming.phases, ["settling", "over"]);
  const before = released.length;
  timer.changed(["web"]);
  assert.equal(released.length, before, "there is nothing to release any more");
});

Deno.test("a warm-up says until when, whatever becomes of the wall clock", () => {
  using warming = new Warming(5_000, 30_000);
  const { timer, clock } = warming;
  timer.start();
  const start = clock.wall();
  clock.advance(1_500);
  assert.deepEqual(timer.progress, { phase: "quiet", until: start + 5_000 });
  clock.advance(3_500);
  assert.deepEqual(timer.progress, { phase: "settling", until: start + 30_000 });
  clock.advance(25_000);
  assert.deepEqual(timer.progress, { phase: "over" });
});

Deno.test("without a minimum what is known is released as soon as it begins", () => {
  using warming = new Warming(0, 30_000);
  const { timer, clock, bench, released } = warming;
  bench.probe("b3", pass);
  timer.start();
  clock.advance(0);
  assert.deepEqual([timer.released, released, warming.phases], [["dns"], ["dns"], []]);
});

Deno.test("without a warm-up there is nothing to wait for", () => {
  using warming = new Warming(0, 0);
  const { timer, clock } = warming;
  timer.start();
  assert.deepEqual([timer.isOver, timer.released, clock.pending], [true, "all", 0]);
  timer.changed(["web"]);
  assert.deepEqual([warming.released, warming.phases], [[], []]);
});

Deno.test("a warm-up that ends with the process releases nothing afterwards", () => {
  using warming = new Warming(5_000, 30_000);
  warming.timer.start();
  warming.clock.advance(1_000);
  warming.timer[Symbol.dispose]();
  warming.clock.advance(60_000);
  assert.deepEqual([warming.released, warming.phases], [[], []]);
});
