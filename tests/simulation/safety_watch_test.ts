import assert from "node:assert/strict";
import type { CheckerView, FrontendSnapshot } from "../../lib/checker/mod.ts";
import { unsafe } from "../../lib/simulation/safety_watch.ts";
import { Bench, fail, pass, sketch } from "../checker/support/bench.ts";
import { steer } from "../support/steer.ts";

/** What is found wrong with a checker that says this of its frontend. */
function foundIn(
  { checker }: Bench,
  change: (frontend: FrontendSnapshot) => Partial<FrontendSnapshot> = () => ({}),
): string[] {
  const seen: Pick<CheckerView, "frontendNames" | "frontend" | "backend"> = {
    frontendNames: () => checker.frontendNames(),
    backend: (name) => checker.backend(name),
    frontend: (name) => {
      const frontend = checker.frontend(name);
      return frontend && { ...frontend, ...change(frontend) };
    },
  };
  return unsafe(seen);
}

/** Two of three backends are down, and a third of them is enough. */
function open(): Bench {
  const bench = new Bench(sketch({
    backends: { a: {}, b: {}, c: {} },
    frontends: { f: [{ a: 100, b: 50, c: 1 }] },
    failOpen: 50,
  }));
  bench.prober.answers = ({ address }) => address.text === "10.0.0.0" ? pass : fail;
  bench.clock.advance(20_000);
  return bench;
}

Deno.test("a fail-open that should be and is not is found, and one that should not be and is", () => {
  using bench = open();
  assert.deepEqual(foundIn(bench), []);
  assert.deepEqual(foundIn(bench, () => ({ failOpenSince: undefined })), [
    "f does not fail open with 1 up, 2 down, 0 unknown",
  ]);
  const asking = (failOpen: FrontendSnapshot["config"]["failOpen"]) =>
    foundIn(bench, ({ config }) => ({ config: { ...config, failOpen } }));
  assert.deepEqual(asking("never"), ["f fails open with 1 up, 2 down, 0 unknown"]);
  assert.deepEqual(asking("all-down"), ["f fails open with 1 up, 2 down, 0 unknown"]);
  assert.deepEqual(asking(33), ["f fails open with 1 up, 2 down, 0 unknown"]);
  assert.deepEqual(asking(34), []);
});

Deno.test("a slow start without anybody else is found, and a weight that is none of its part", () => {
  using bench = new Bench(
    sketch({
      backends: { a: {}, b: {} },
      frontends: { f: [{ a: 100, b: 50 }] },
      slowStartMs: 10_000,
    }),
    { answers: pass },
  );
  bench.clock.advance(5_000);
  steer(bench.checker).pause("a");
  steer(bench.checker).resume("a");
  while (bench.state("a") !== "up") bench.clock.advance(1);
  assert.deepEqual(foundIn(bench), []);
  assert.deepEqual(foundIn(bench, () => ({ slowStarts: new Map([["a", 20]]) })), [
    "a has 10 of 100 in f, but 20%",
  ]);
  assert.deepEqual(foundIn(bench, () => ({ slowStarts: new Map([["a", 10], ["b", 10]]) })), [
    "a starts slowly in f, but nobody else carries",
    "b starts slowly in f, but nobody else carries",
  ]);
});

Deno.test("who is flushed while it lasts is found, and who is out of service and has a weight", () => {
  using bench = open();
  const flushed = (frontend: FrontendSnapshot) => ({
    weights: frontend.weights.map((each) => ({ ...each, flush: true })),
  });
  assert.deepEqual(foundIn(bench, flushed), [
    "f fails open and flushes b",
    "f fails open and flushes c",
  ]);
  steer(bench.checker).disable("b");
  assert.deepEqual(foundIn(bench, flushed), []);
  const weighed = (frontend: FrontendSnapshot) => ({
    weights: frontend.weights.map((each) => ({ ...each, weight: 1 })),
  });
  assert.deepEqual(foundIn(bench, weighed), ["b is out of service, but not in f"]);
});
