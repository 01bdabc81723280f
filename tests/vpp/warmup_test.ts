import assert from "node:assert/strict";
import { FakeClock } from "../../lib/time/mod.ts";
import { Warmup } from "../../lib/vpp/warmup.ts";
import { Bench, fail, pass, sketch } from "../checker/support/bench.ts";

/** The warm-up of a site with two frontends, and what it released. */
class Warming implements Disposable {
  readonly bench: Bench;
  readonly clock = new FakeClock();
  readonly released: string[] = [];
  readonly timer: Warmup;

  constructor(minMs: number, maxMs: number) {
    const config = sketch({
      backends: { b1: {}, b2: {}, b3: {} },
      frontends: { web: [{ b1: 100 }, { b2: 100 }], dns: [{ b3: 100 }] },
    });
    const lb = { ...config.lb, startupMinDelayMs: minMs, startupMaxDelayMs: maxMs };
    this.bench = new Bench({ ...config, lb });
    const { checker, log } = this.bench;
    this.timer = new Warmup({
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

Deno.test("a warm-up begins quiet, settling without a minimum, and is over without a maximum", () => {
  const phases = [[5_000, 30_000], [5_000, 5_000], [0, 30_000], [0, 0]] as const;
  const begun = phases.map(([min, max]) => {
    using warming = new Warming(min, max);
    return warming.timer.progress.phase;
  });
  assert.deepEqual(begun, ["quiet", "quiet", "settling", "over"]);
});

Deno.test("with both delays the same it is over at once after the first phase, for everything", () => {
  using warming = new Warming(5_000, 5_000);
  const { timer, clock, bench, released } = warming;
  timer.start();
  bench.probe("b3", pass);
  clock.advance(5_000);
  assert.deepEqual([released, warming.phases], [["dns", "all"], ["settling", "over"]]);
  assert.deepEqual([timer.mayTouch("web"), timer.isOver], [true, true]);
});

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
