import assert from "node:assert/strict";
import { mayTouch, type Warmup, warmupStart, warmupStep } from "../../lib/vpp/life/warmup.ts";

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
