import assert from "node:assert/strict";
import type { Checker } from "../../lib/checker/mod.ts";
import { operateAsForeseen } from "../../lib/simulation/foresight.ts";
import { Bench, pass, sketch } from "../checker/support.ts";

const disable = [{ action: "disable", backend: "a" }] as const;

function up(): Bench {
  const backends = { a: {}, b: {} };
  const frontends = { f: [{ a: 100, b: 50 }], g: [{ b: 1 }] };
  const bench = new Bench(sketch({ backends, frontends }));
  for (const name of Object.keys(backends)) bench.probe(name, pass);
  return bench;
}

Deno.test("what comes as it was foreseen is right", () => {
  using bench = up();
  assert.deepEqual(operateAsForeseen(bench.checker, disable), []);
  assert.equal(bench.state("a"), "disabled");
});

Deno.test("what comes otherwise than it was foreseen is found, and what was not foreseen at all", () => {
  using bench = up();
  const { checker } = bench;
  const of = (foreseen: readonly { action: "pause" | "disable"; backend: string }[]) => {
    const seeing = Object.create(checker, {
      foresee: { value: () => checker.foresee(foreseen) },
      operate: { value: () => checker.operate(disable) },
      frontendNames: { value: () => checker.frontendNames() },
      frontend: { value: (name: string) => checker.frontend(name) },
    }) as Checker;
    return operateAsForeseen(seeing, disable);
  };
  assert.deepEqual(of([{ action: "disable", backend: "b" }]), [
    "f is up on pool0 with 50, but was foreseen as up on pool0 with 100",
    "g is up on pool0 with 1, but was foreseen as down on pool0 with 0",
  ]);
  checker.enable("a");
  bench.probe("a", pass);
  assert.deepEqual(of([]), ["f is up on pool0 with 50, but was foreseen as up on pool0 with 150"]);
});

Deno.test("of what VPP alone knows nothing is foreseen", () => {
  using bench = new Bench(sketch({ backends: { a: {} }, frontends: { f: [{ a: 1 }] } }));
  assert.deepEqual(operateAsForeseen(bench.checker, [{ action: "drain", backend: "a" }]), []);
});
