import assert from "node:assert/strict";
import type { CheckerView } from "../../lib/checker/mod.ts";
import { healthyWithoutWeight } from "../../lib/simulation/healthy_weights.ts";
import { Bench, pass, sketch } from "../checker/support.ts";

Deno.test("a healthy backend of the carrying pool whose weight is 0 is found", () => {
  using bench = new Bench(sketch({
    backends: { a: {}, b: {}, zero: {}, spare: {} },
    frontends: { f: [{ a: 100, b: 50, zero: 0 }, { spare: 100 }] },
  }));
  const { checker } = bench;
  for (const name of checker.backendNames()) bench.probe(name, pass);
  assert.deepEqual(healthyWithoutWeight(checker), []);
  checker.pause("a");
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
