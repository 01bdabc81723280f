import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type BackendState,
  backendStates,
  type EffectiveWeight,
  type FrontendState,
  FrontendTally,
  judgeWeight,
  type PoolRole,
  type Role,
  roleOf,
  type Standing,
} from "../../lib/health/mod.ts";

/** Pools of backends with weights, most preferred first. */
interface WeightedFrontend {
  readonly flushOnDown: boolean;
  readonly pools: readonly {
    readonly name: string;
    readonly backends: readonly { readonly backend: string; readonly weight: number }[];
  }[];
}

/** The weights of all backends, in the order of pools and their backends. */
function effectiveWeights(
  { pools, flushOnDown }: WeightedFrontend,
  roleOfPool: (pool: number) => PoolRole,
  standingOf: (backend: string) => Standing,
): EffectiveWeight[] {
  return pools.flatMap(({ name, backends }, index) =>
    backends.map(({ backend, weight: configured }) => {
      const [standing, pool] = [standingOf(backend), roleOfPool(index)];
      const verdict = judgeWeight({ standing, configured, pool, flushOnDown });
      return { backend, pool: name, ...verdict };
    })
  );
}

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

/** What the rules of docs/healthchecks.md say, asking all backends each time. */
function judge(
  frontend: WeightedFrontend,
  states: Readonly<Record<string, BackendState>>,
): { active: number; state: FrontendState; weights: EffectiveWeight[] } {
  const stateOf = (backend: string) => states[backend] ?? "unknown";
  const carries = frontend.pools.map(({ backends }) =>
    backends.some(({ backend, weight }) => stateOf(backend) === "up" && weight > 0)
  );
  const active = Math.max(0, carries.indexOf(true));
  const standingOf = (backend: string): Standing => ({ state: stateOf(backend), untested: false });
  const weights = effectiveWeights(
    frontend,
    (pool) => pool === active ? "active" : "standby",
    standingOf,
  );
  const all = frontend.pools.flatMap(({ backends }) => backends.map((b) => stateOf(b.backend)));
  const isWaiting = !all.includes("up") && all.includes("unknown");
  const state = carries.includes(true) ? "up" : isWaiting ? "unknown" : "down";
  return { active, state, weights };
}

/** The role of a backend that is not drained. */
function roleIn(state: BackendState): Role {
  return roleOf({ state, untested: false });
}

/** The tally of a frontend whose backends are in these states. */
function tallyOf(
  { pools }: WeightedFrontend,
  states: Readonly<Record<string, BackendState>>,
): FrontendTally {
  const tally = new FrontendTally(pools.length);
  for (const [i, { backends }] of pools.entries()) {
    for (const { backend, weight } of backends) {
      tally.add(i, weight, roleIn(states[backend] ?? "unknown"));
    }
  }
  return tally;
}

const two = frontend([{ a: 100, b: 50 }, { c: 100 }]);

Deno.test("the active pool is the first with a weight above 0 that is up, else the first", () => {
  assert.equal(tallyOf(two, {}).activePool, 0);
  assert.equal(tallyOf(two, { c: "up" }).activePool, 1);
  assert.equal(tallyOf(two, { b: "up", c: "up" }).activePool, 0);
  assert.equal(tallyOf(two, { a: "down", b: "paused", c: "down" }).activePool, 0);
});

Deno.test("a pool whose live backends have weight 0 gives way to the next", () => {
  const zero = frontend([{ a: 0 }, { b: 100 }]);
  assert.equal(tallyOf(zero, { a: "up", b: "up" }).activePool, 1);
  assert.equal(tallyOf(zero, { a: "up", b: "up" }).state, "up");
  assert.equal(tallyOf(zero, { a: "up", b: "down" }).activePool, 0);
  assert.equal(tallyOf(zero, { a: "up", b: "down" }).state, "down");
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
      const { weights: [, b] } = judge(one, { a: "up", b: state });
      const { reason: _, ...told } = b ?? assert.fail();
      assert.deepEqual(told, { backend: "b", pool: "pool0", weight, flush: want }, state);
    }
  }
});

Deno.test("a backend that is up in a pool that is not active gets weight 0 and is not flushed", () => {
  const { weights } = judge(two, { a: "up", c: "up" });
  assert.deepEqual(weights[2], {
    ...{ backend: "c", pool: "pool1", weight: 0, flush: false },
    reason: { kind: "standby" },
  });
});

Deno.test("weights come in the order of pools and their backends", () => {
  const { weights } = judge(two, { c: "up" });
  assert.deepEqual(weights.map(({ backend, weight }) => [backend, weight]), [
    ["a", 0],
    ["b", 0],
    ["c", 100],
  ]);
});

Deno.test("a backend that was never probed keeps what VPP has for it, in any pool", () => {
  const untested = () => ({ state: "unknown", untested: true } as const);
  const weights = effectiveWeights(two, () => "active", untested);
  assert.deepEqual(weights.map(({ weight, flush }) => [weight, flush]), [
    ["kept", false],
    ["kept", false],
    ["kept", false],
  ]);
});

Deno.test("a frontend is up with any weight, unknown while nobody is up and one is unknown", () => {
  const rows: readonly [Readonly<Record<string, BackendState>>, FrontendState][] = [
    [{}, "unknown"],
    [{ a: "up" }, "up"],
    [{ c: "up" }, "up"],
    [{ a: "down" }, "unknown"],
    [{ a: "disabled", b: "disabled" }, "unknown"],
    [{ a: "down", b: "down", c: "down" }, "down"],
    [{ a: "disabled", b: "disabled", c: "down" }, "down"],
    [{ a: "paused", b: "paused", c: "paused" }, "down"],
  ];
  for (const [states, want] of rows) {
    assert.equal(tallyOf(two, states).state, want, JSON.stringify(states));
    assert.equal(judge(two, states).state, want, JSON.stringify(states));
  }
  const zero = frontend([{ a: 0, b: 1 }]);
  assert.equal(tallyOf(zero, { a: "up" }).state, "down");
});

Deno.test("the tally agrees with asking all backends after any sequence of changes", () => {
  const change = fc.oneof(
    fc.record({ who: fc.nat(5), state: fc.constantFrom(...backendStates) }),
    fc.record({ who: fc.nat(5), weight: fc.constantFrom(0, 1, 100) }),
  );
  const member = fc.record({
    pool: fc.nat(2),
    weight: fc.constantFrom(0, 1, 100),
    state: fc.constantFrom(...backendStates),
  });
  fc.assert(
    fc.property(fc.array(member, { minLength: 1, maxLength: 6 }), fc.array(change), (
      first,
      changes,
    ) => {
      const members = first.map((each, i) => ({ ...each, name: `b${i}` }));
      const tally = new FrontendTally(3);
      for (const { pool, weight, state } of members) tally.add(pool, weight, roleIn(state));
      for (const change of changes) {
        const member = members[change.who % members.length];
        assert.ok(member);
        if ("state" in change) {
          tally.moved(member.pool, member.weight, roleIn(member.state), roleIn(change.state));
          member.state = change.state;
        } else {
          tally.reweighed(member.pool, member.weight, change.weight, roleIn(member.state));
          member.weight = change.weight;
        }
        const asked = frontend([0, 1, 2].map((pool) =>
          Object.fromEntries(
            members.filter((m) => m.pool === pool).map((m) => [m.name, m.weight]),
          )
        ));
        const want = judge(asked, Object.fromEntries(members.map((m) => [m.name, m.state])));
        assert.equal(tally.activePool, want.active);
        assert.equal(tally.state, want.state);
      }
    }),
    { seed: 4, numRuns: 300 },
  );
});

Deno.test("a drained backend carries nothing, and nobody waits for it", () => {
  const roles = backendStates.map((state) => roleOf({ state, untested: false, drain: "draining" }));
  assert.deepEqual([...new Set(roles)], ["out"]);
  const tally = new FrontendTally(2);
  tally.add(0, 100, roleOf({ state: "up", untested: false, drain: "draining" }));
  tally.add(1, 50, roleOf({ state: "up", untested: false }));
  assert.deepEqual([tally.activePool, tally.weight, tally.state], [1, 50, "up"]);
});

Deno.test("a copy of a tally stands as the first does, and goes its own way", () => {
  const tally = new FrontendTally(2);
  tally.add(1, 50, "up");
  const copy = tally.copy();
  assert.deepEqual([copy.activePool, copy.weight, copy.state], [1, 50, "up"]);
  copy.moved(1, 50, "up", "awaited");
  assert.deepEqual([copy.state, copy.copy().state, tally.state], ["unknown", "unknown", "up"]);
});
