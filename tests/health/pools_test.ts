import assert from "node:assert/strict";
import fc from "fast-check";
import {
  activePool,
  type BackendState,
  backendStates,
  effectiveWeights,
  frontendState,
  FrontendTally,
  type WeightedFrontend,
} from "../../lib/health/mod.ts";

function frontend(
  pools: readonly Readonly<Record<string, number>>[],
  flushOnDown = true,
): WeightedFrontend {
  return {
    flushOnDown,
    pools: pools.map((backends, index) => ({
      name: `pool${index}`,
      backends: Object.entries(backends).map(([backend, weight]) => ({ backend, weight })),
    })),
  };
}

function states(of: Readonly<Record<string, BackendState>>): (name: string) => BackendState {
  return (name) => of[name] ?? "unknown";
}

const two = frontend([{ a: 100, b: 50 }, { c: 100 }]);

Deno.test("the active pool is the first with a backend that is up, else the first", () => {
  assert.equal(activePool(two, states({})), 0);
  assert.equal(activePool(two, states({ c: "up" })), 1);
  assert.equal(activePool(two, states({ b: "up", c: "up" })), 0);
  assert.equal(activePool(two, states({ a: "down", b: "paused", c: "down" })), 0);
});

Deno.test("weights and flushes are those of the table in docs/healthchecks.md", () => {
  const table: readonly [BackendState, number, boolean, boolean][] = [
    // state, weight in the active pool, flush with flush-on-down, flush without
    ["up", 50, false, false],
    ["unknown", 0, false, false],
    ["paused", 0, false, false],
    ["down", 0, true, false],
    ["disabled", 0, true, true],
    ["removed", 0, true, true],
  ];
  for (const [state, weight, flush, flushWithout] of table) {
    for (const [flushOnDown, want] of [[true, flush], [false, flushWithout]] as const) {
      const one = frontend([{ a: 100, b: 50 }], flushOnDown);
      const [, b] = effectiveWeights(one, states({ a: "up", b: state }));
      assert.deepEqual(b, { backend: "b", pool: "pool0", weight, flush: want }, state);
    }
  }
});

Deno.test("a backend that is up in a pool that is not active gets weight 0 and is not flushed", () => {
  const weights = effectiveWeights(two, states({ a: "up", c: "up" }));
  assert.deepEqual(weights[2], { backend: "c", pool: "pool1", weight: 0, flush: false });
});

Deno.test("weights come in the order of pools and their backends", () => {
  const weights = effectiveWeights(two, states({ c: "up" }));
  assert.deepEqual(weights.map(({ backend, weight }) => [backend, weight]), [
    ["a", 0],
    ["b", 0],
    ["c", 100],
  ]);
});

Deno.test("a frontend is up with any weight, unknown while all backends are, else down", () => {
  assert.equal(frontendState(two, states({})), "unknown");
  assert.equal(frontendState(two, states({ a: "up" })), "up");
  assert.equal(frontendState(two, states({ c: "up" })), "up");
  assert.equal(frontendState(two, states({ a: "down" })), "down");
  assert.equal(frontendState(two, states({ a: "paused" })), "down");
  assert.equal(frontendState(two, states({ a: "disabled", b: "disabled", c: "down" })), "down");
});

Deno.test("live backends of weight 0 keep their pool active and the frontend down", () => {
  const zero = frontend([{ a: 0 }, { b: 100 }]);
  assert.equal(activePool(zero, states({ a: "up", b: "up" })), 0);
  assert.equal(frontendState(zero, states({ a: "up", b: "up" })), "down");
});

Deno.test("the tally agrees with asking all backends after any sequence of changes", () => {
  const change = fc.oneof(
    fc.record({ who: fc.nat(5), state: fc.constantFrom(...backendStates) }),
    fc.record({ who: fc.nat(5), weight: fc.integer({ min: 0, max: 100 }) }),
  );
  fc.assert(
    fc.property(fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }), fc.array(change), (
      poolOf,
      changes,
    ) => {
      const members = poolOf.map((pool, i) => ({
        name: `b${i}`,
        pool,
        weight: 100,
        state: "unknown" as BackendState,
      }));
      const tally = new FrontendTally(3);
      for (const { pool, weight, state } of members) tally.add(pool, weight, state);
      for (const change of changes) {
        const member = members[change.who % members.length];
        assert.ok(member);
        if ("state" in change) {
          tally.moved(member.pool, member.weight, member.state, change.state);
          member.state = change.state;
        } else {
          tally.reweighed(member.pool, member.weight, change.weight, member.state);
          member.weight = change.weight;
        }
        const asked = frontend([0, 1, 2].map((pool) =>
          Object.fromEntries(
            members.filter((m) => m.pool === pool).map((m) => [m.name, m.weight]),
          )
        ));
        const stateOf = states(Object.fromEntries(members.map((m) => [m.name, m.state])));
        assert.equal(tally.activePool, activePool(asked, stateOf));
        assert.equal(tally.state, frontendState(asked, stateOf));
      }
    }),
    { seed: 4, numRuns: 300 },
  );
});
