import assert from "node:assert/strict";
import { frontendOutcome, type Place, type Side } from "../../lib/checker/outcome.ts";
import type { FrontendState, Weight } from "../../lib/health/mod.ts";
import { atOnce } from "../../lib/time/mod.ts";

/** A frontend that stands like this; of its backends, weights as configured and in effect. */
function side(
  state: FrontendState,
  weight: number,
  backends: Readonly<Record<string, readonly [configured: number, effective: Weight]>> = {},
  activePool = "p",
): Side {
  const places = new Map<string, Place>(
    Object.entries(backends).map(([name, [configured, effective]]) => [
      name,
      { pool: "p", configured, effective },
    ]),
  );
  return { standing: { state, activePool, weight }, place: (name) => places.get(name) };
}

function outcome(
  before: Side | undefined,
  after: Side | undefined,
  backends: readonly string[] = [],
  others: readonly string[] = [],
) {
  return atOnce(frontendOutcome("f", before, after, backends, others));
}

/** The weights of an outcome in a few words. */
function weights(result: ReturnType<typeof outcome>): string[] | undefined {
  return result?.weights.map(({ pool, backend, configured, effective, share }) => {
    const sides = [configured, effective, share].map(({ from, to }) => `${from}>${to}`);
    return `${pool}/${backend} ${sides.join(" ")}`;
  });
}

Deno.test("a frontend is in danger when it goes down or loses most of its weight", () => {
  const cases = [
    [side("up", 100), side("down", 0), "goes-down"],
    [side("unknown", 0), side("down", 0), "goes-down"],
    [side("up", 100), side("unknown", 0), "goes-down"],
    [side("unknown", 1), side("unknown", 0, {}, "q"), "goes-down"],
    [side("down", 0), side("unknown", 0), undefined],
    [side("down", 0, {}, "q"), side("down", 0), undefined],
    [side("down", 0), side("up", 100), undefined],
    [side("up", 100), side("up", 50), undefined],
    [side("up", 100), side("up", 49), "loses-most"],
    [side("up", 100), side("up", 1), "loses-most"],
    [side("up", 100), undefined, "removed"],
    [side("unknown", 100), undefined, undefined],
    [undefined, side("down", 0), undefined],
  ] as const;
  for (const [before, after, danger] of cases) {
    const [from, to] = [before?.standing, after?.standing];
    const expected = { frontend: "f", before: from, after: to, danger, weights: [] };
    assert.deepEqual(outcome(before, after), { ...expected, hasMore: false });
  }
});

Deno.test("a frontend is part of an outcome if anything of it changes", () => {
  const up = side("up", 100, { a: [100, 100] });
  assert.equal(outcome(up, side("up", 100, { a: [100, 100] }), ["a"], ["a"]), undefined);
  assert.equal(outcome(undefined, undefined), undefined);
  const others = [
    side("down", 100),
    side("up", 99),
    side("up", 100, {}, "q"),
    side("up", 100, { a: [7, 100] }),
    side("up", 100, { a: [100, 7] }),
  ];
  for (const other of others) assert.ok(outcome(up, other, ["a"]));
});

Deno.test("who has another weight is told before who has another share, and each once", () => {
  const before = side("up", 100, { a: [50, 50], b: [50, 50], c: [0, 0], d: [9, "kept"] });
  const after = side("up", 200, { a: [50, 50], b: [150, 150], c: [0, 0], d: [9, "kept"] });
  assert.deepEqual(weights(outcome(before, after, ["a", "b", "x"], ["b", "c", "d", "a"])), [
    "p/b 50>150 50>150 0.5>0.75",
    "p/a 50>50 50>50 0.5>0.25",
  ]);
});

Deno.test("who comes or goes was absent, or will be", () => {
  const before = side("up", 1, { a: [1, 1] });
  const after = side("up", 1, { b: [5, 5] });
  assert.deepEqual(weights(outcome(before, after, ["a", "b"])), [
    "p/a 1>absent 1>absent 1>0",
    "p/b absent>5 absent>5 0>1",
  ]);
  assert.deepEqual(weights(outcome(side("down", 0, { a: [1, 0] }), undefined, ["a"])), [
    "p/a 1>absent 0>absent 0>0",
  ]);
});

Deno.test("of those with another share no more are looked at than are listed", () => {
  const names = Array.from({ length: 200 }, (_, i) => `web${i}`);
  const all = Object.fromEntries(names.map((name) => [name, [1, 1]] as const));
  let looked = 0;
  const counted = (side: Side): Side => ({
    ...side,
    place: (name) => {
      looked++;
      return side.place(name);
    },
  });
  const before = counted(side("up", 200, all));
  const after = counted(side("up", 199, { ...all, web0: [1, 0] }));
  const { weights, hasMore } = outcome(before, after, ["web0"], names) ?? {};
  assert.deepEqual([weights?.length, weights?.[0]?.backend, hasMore], [50, "web0", true]);
  // Each on both sides, and one more, which says that there are more.
  assert.equal(looked, 2 * 51);
  const few = outcome(before, after, ["web0"], names.slice(0, 50));
  assert.deepEqual([few?.weights.length, few?.hasMore], [50, false]);
});
