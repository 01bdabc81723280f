import assert from "node:assert/strict";
import type { BackendSnapshot, CheckerView } from "../../lib/checker/mod.ts";
import { healthyWithoutWeight, heldThoughNeeded } from "../../lib/simulation/safety_watch.ts";
import { Bench, fail, httpCheck, pass, sketch } from "../checker/support/bench.ts";
import { steer } from "../support/steer.ts";

Deno.test("a healthy backend of the carrying pool whose weight is 0 is found", () => {
  using bench = new Bench(sketch({
    backends: { a: {}, b: {}, zero: {}, spare: {} },
    frontends: { f: [{ a: 100, b: 50, zero: 0 }, { spare: 100 }] },
  }));
  const { checker } = bench;
  for (const name of checker.backendNames()) bench.probe(name, pass);
  assert.deepEqual(healthyWithoutWeight(checker), []);
  steer(checker).pause("a");
  assert.deepEqual(healthyWithoutWeight(checker), [], "who was paused has none");
  const taken: Pick<CheckerView, "frontendNames" | "frontend" | "backend"> = {
    frontendNames: () => checker.frontendNames(),
    backend: (name) => checker.backend(name),
    frontend: (name) => {
      const frontend = checker.frontend(name);
      return frontend && {
        ...frontend,
        weights: frontend.weights.map((each) => ({ ...each, weight: 0 })),
      };
    },
  };
  assert.deepEqual(healthyWithoutWeight(taken), [
    "b is up and in service, but has weight 0 in f",
  ]);
});

Deno.test("a backend that passes and is held is found where somebody needs it", () => {
  const flap = { changes: 2, withinMs: 600_000, holdMs: 600_000, maxHoldMs: 600_000 };
  using bench = new Bench(sketch({
    checks: [httpCheck("web", { rise: 1, fall: 1, flap })],
    backends: { a: {}, b: {} },
    frontends: { f: [{ a: 100, b: 50 }], none: [{ a: 0 }] },
  }));
  const { checker } = bench;
  for (const name of ["a", "b"]) bench.probe(name, pass);
  for (const result of [fail, pass, fail, pass]) bench.probe("a", result);
  assert.equal(checker.backend("a")?.flapHold?.isPassing, true);
  assert.deepEqual(heldThoughNeeded(checker), [], "b is there");
  const seeing = (b: Partial<BackendSnapshot>, failOpenSince?: number) =>
    heldThoughNeeded({
      frontendNames: () => checker.frontendNames(),
      backend: (name) => {
        const backend = checker.backend(name);
        return backend && name === "b" ? { ...backend, ...b } : backend;
      },
      frontend: (name) => {
        const frontend = checker.frontend(name);
        return frontend && { ...frontend, failOpenSince };
      },
    });
  const found = ["a is held though it passes and f needs it"];
  assert.deepEqual(seeing({ state: "down" }), found);
  assert.deepEqual(seeing({ state: "paused" }), found);
  assert.deepEqual(seeing({ state: "unknown" }), [], "b may be up");
  assert.deepEqual(seeing({}, 1), found);
  bench.probe("a", fail);
  assert.equal(checker.backend("a")?.flapHold?.isPassing, false);
  assert.deepEqual(seeing({ state: "down" }), []);
});
