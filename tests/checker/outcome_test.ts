import assert from "node:assert/strict";
import fc from "fast-check";
import type { Checker, FrontendOutcome, Operation, Outcome } from "../../lib/checker/mod.ts";
import { Bench, fail, pass, sketch } from "./support.ts";
import { config, name } from "./worlds.ts";

const sites = sketch({
  backends: { a: {}, b: {}, c: {} },
  frontends: { f: [{ a: 100, b: 100 }, { c: 100 }], g: [{ a: 50 }] },
});

/** All three are up. */
function up(): Bench {
  const bench = new Bench(sites);
  for (const name of ["a", "b", "c"]) bench.probe(name, pass);
  bench.events.length = 0;
  return bench;
}

/** The frontends in a few words. */
function told({ frontends }: Outcome): string[] {
  return frontends.map(({ frontend, before, after, danger }) => {
    const [from, to] = [before, after].map((side) =>
      side ? `${side.state} ${side.activePool} ${side.weight}` : "none"
    );
    return `${frontend}: ${from} > ${to}${danger ? ` (${danger})` : ""}`;
  });
}

const weight = (frontend: string, pool: string, backend: string, weight: number) =>
  ({ action: "weight", frontend, pool, backend, weight, flush: false }) as const;

Deno.test("nothing happens when an outcome is foreseen", () => {
  using bench = up();
  const outcome = bench.checker.foresee([{ action: "disable", backend: "a" }]);
  assert.deepEqual(told(outcome), [
    "f: up pool0 200 > up pool0 100",
    "g: up pool0 50 > down pool0 0 (goes-down)",
  ]);
  assert.deepEqual(outcome.backends, [{ backend: "a", from: "up", to: "disabled" }]);
  assert.equal(bench.state("a"), "up");
  assert.deepEqual(bench.events, []);
});

Deno.test("what several operations come to is more than what each of them does", () => {
  using bench = up();
  const each = (["a", "b"] as const).map((backend) =>
    told(bench.checker.foresee([{ action: "pause", backend }]))[0]
  );
  assert.deepEqual(each, ["f: up pool0 200 > up pool0 100", "f: up pool0 200 > up pool0 100"]);
  const both = bench.checker.operate([
    { action: "pause", backend: "a" },
    { action: "pause", backend: "b" },
  ]);
  assert.deepEqual(told(both)[0], "f: up pool0 200 > up pool1 100");
  assert.equal(bench.checker.frontend("f")?.activePool, "pool1");
});

Deno.test("weight 0 on one of two servers and the other disabled takes a frontend down", () => {
  using bench = new Bench(
    sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ a: 100, b: 100 }] } }),
  );
  for (const name of ["a", "b"]) bench.probe(name, pass);
  const first = bench.checker.operate([weight("f", "pool0", "a", 0)]);
  assert.deepEqual(told(first), ["f: up pool0 200 > up pool0 100"]);
  const second = bench.checker.foresee([{ action: "disable", backend: "b" }]);
  assert.deepEqual(told(second), ["f: up pool0 100 > down pool0 0 (goes-down)"]);
});

Deno.test("more than half of the weight has to go before that is a danger", () => {
  using bench = up();
  const to = (to: number) => bench.checker.foresee([weight("g", "pool0", "a", to)]).frontends[0];
  assert.equal(to(25)?.danger, undefined);
  assert.equal(to(24)?.danger, "loses-most");
  assert.equal(to(0)?.danger, "goes-down");
  assert.equal(to(50), undefined, "nothing changes");
});

Deno.test("of operations none is done if one of them is refused", () => {
  using bench = up();
  const refused: Operation[] = [
    { action: "disable", backend: "a" },
    { action: "pause", backend: "a" },
  ];
  for (const ask of ["operate", "foresee"] as const) {
    assert.throws(() => bench.checker[ask](refused), /cannot pause backend "a": it is disabled/);
  }
  assert.equal(bench.state("a"), "up");
});

Deno.test("shares tell who takes over", () => {
  using bench = up();
  const { weights } = bench.checker.foresee([{ action: "pause", backend: "a" }]).frontends[0] ??
    assert.fail();
  assert.deepEqual(
    weights.map(({ backend, effective, share }) => [
      backend,
      `${effective.from}>${effective.to}`,
      `${share.from}>${share.to}`,
    ]),
    [["a", "100>0", "0.5>0"], ["b", "100>100", "0.5>1"]],
  );
});

Deno.test("of a large frontend so many weights are listed and no more", () => {
  const backends = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`b${i}`, {}]));
  const weights = Object.fromEntries(Object.keys(backends).map((name) => [name, 1]));
  using bench = new Bench(sketch({ backends, frontends: { f: [weights] } }));
  for (const name of Object.keys(backends)) bench.probe(name, pass);
  const [frontend] = bench.checker.foresee([{ action: "pause", backend: "b7" }]).frontends;
  assert.equal(frontend?.weights[0]?.backend, "b7", "what changes comes first");
  assert.deepEqual([frontend.weights.length, frontend.hasMore], [50, true]);
});

Deno.test("a reload is foreseen: what comes, what goes, what fails over, and what was set by hand", async () => {
  using bench = up();
  bench.checker.operate([weight("f", "pool0", "b", 30)]);
  const after = sketch({
    backends: { a: { enabled: false }, b: {}, c: {} },
    frontends: { f: [{ a: 100, b: 100 }, { c: 100 }] },
  });
  const outcome = await foreseen(bench, after);
  assert.deepEqual(told(outcome), [
    "f: up pool0 130 > up pool0 30 (loses-most)",
    "g: up pool0 50 > none (removed)",
  ]);
  assert.deepEqual(outcome.backends, [{ backend: "a", from: "up", to: "disabled" }]);
  assert.deepEqual(outcome.changes.map(({ kind, change, name }) => `${kind} ${name} ${change}`), [
    "backend a changed",
    "frontend g removed",
  ]);
  assert.equal(bench.state("a"), "up");
});

Deno.test("a frontend that is new is part of the outcome and no danger", async () => {
  using bench = up();
  const after = sketch({
    backends: { a: {}, b: {}, c: {}, d: {} },
    frontends: { f: [{ a: 100, b: 100 }, { c: 100 }], g: [{ a: 50 }], h: [{ d: 10 }] },
  });
  assert.deepEqual(told(await foreseen(bench, after)), ["h: none > unknown pool0 0"]);
});

Deno.test("a frontend that is renamed is not one that goes", async () => {
  using bench = new Bench(sketch({ backends: { a: {} }, frontends: { f: [{ a: 100 }] } }));
  bench.probe("a", pass);
  const renamed = sketch({ backends: { a: {} }, frontends: { g: [{ a: 100 }] } });
  assert.deepEqual(told(await foreseen(bench, renamed)), []);
});

Deno.test("a reload tells what had been foreseen of it", async () => {
  using bench = new Bench(
    sketch({ backends: { a: {}, b: {} }, frontends: { f: [{ a: 100, b: 50 }] } }),
  );
  for (const name of ["a", "b"]) bench.probe(name, pass);
  const after = sketch({ backends: { b: { at: "10.0.0.1" } }, frontends: { f: [{ b: 50 }] } });
  const { desired: _, ...outcome } = await foreseen(bench, after);
  assert.equal(outcome.backends.length, 1);
  assert.deepEqual(await ended(bench, bench.checker.reload(after)), outcome);
});

type Config = Parameters<Checker["foreseeReload"]>[0];

function foreseen(bench: Bench, after: Config) {
  return ended(bench, bench.checker.foreseeReload(after));
}

/** Turns the clock until `work` has ended. */
async function ended<T>(bench: Bench, work: Promise<T>): Promise<T> {
  let done = false;
  const outcome = work.finally(() => done = true);
  for (let turn = 0; !done; turn++) {
    assert.ok(turn < 10_000, "it does not end");
    await bench.clock.advanceAsync(0);
  }
  return await outcome;
}

const place = {
  frontend: fc.constantFrom("f", "g"),
  pool: fc.constantFrom("pool0", "pool1"),
  backend: name,
};

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({ action: fc.constant("reset" as const), backend: name }),
  fc.record({ action: fc.constant("reset-weight" as const), ...place }),
  fc.record({ action: fc.constant("reset-frontend" as const), frontend: place.frontend }),
  fc.constant({ action: "reset-all" } as const),
  fc.record({
    action: fc.constantFrom(
      "pause" as const,
      "resume" as const,
      "enable" as const,
      "disable" as const,
    ),
    backend: name,
  }),
  fc.record({
    action: fc.constant("weight" as const),
    ...place,
    weight: fc.constantFrom(0, 1, 40, 100),
    flush: fc.boolean(),
  }),
);

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ answer: name, ok: fc.boolean() }) },
  { weight: 4, arbitrary: fc.array(operation, { minLength: 1, maxLength: 3 }) },
  { weight: 2, arbitrary: config },
);

/** What can be seen of the frontends. */
function seen(checker: Checker): Map<string, string> {
  return new Map(
    checker.frontendNames().map((name) => {
      const { state, activePool, weights } = checker.frontend(name) ?? assert.fail(name);
      const sum = weights.reduce((all, { weight }) => all + (weight === "kept" ? 0 : weight), 0);
      return [name, `${state} ${activePool} ${sum}`];
    }),
  );
}

/** The weights of all frontends, configured and effective, by `frontend backend`. */
function weightsSeen(checker: Checker): Map<string, string> {
  return new Map(
    checker.frontendNames().flatMap((name) => {
      const { config, weights } = checker.frontend(name) ?? assert.fail(name);
      const configured = config.pools.flatMap(({ backends }) => backends.map((b) => b.weight));
      return weights.map(({ backend, weight }, i): [string, string] => [
        `${name} ${backend}`,
        `${configured[i]} ${weight}`,
      ]);
    }),
  );
}

function compare(
  frontends: readonly FrontendOutcome[],
  before: ReturnType<typeof look>,
  after: ReturnType<typeof look>,
): void {
  const standing = (side: FrontendOutcome["before"]) =>
    side && `${side.state} ${side.activePool} ${side.weight}`;
  const foretold = new Map(frontends.map((each) => [each.frontend, each]));
  for (const name of new Set([...before.frontends.keys(), ...after.frontends.keys()])) {
    const outcome = foretold.get(name);
    const [was, is] = [before.frontends.get(name), after.frontends.get(name)];
    if (outcome) assert.equal(standing(outcome.after), is, `${name} after`);
    else if (was && is) assert.equal(was, is, `${name}, of which nothing was foretold`);
    if (outcome?.before && was) assert.equal(standing(outcome.before), was, `${name} before`);
  }
  const listed = new Map(
    frontends.flatMap(({ frontend, weights }) =>
      weights.map(({ backend, configured, effective }): [string, string] => [
        `${frontend} ${backend}`,
        `${configured.to} ${effective.to}`,
      ])
    ),
  );
  for (const place of new Set([...before.weights.keys(), ...after.weights.keys()])) {
    const [was, is] = [before.weights.get(place), after.weights.get(place)];
    if (was !== is || listed.has(place)) {
      assert.equal(listed.get(place), is ?? "absent absent", place);
    }
  }
}

function look(checker: Checker) {
  return { frontends: seen(checker), weights: weightsSeen(checker) };
}

Deno.test("what is foreseen is what comes", async () => {
  await fc.assert(
    fc.asyncProperty(
      config,
      fc.array(action, { minLength: 1, maxLength: 40, size: "max" }),
      async (config, actions) => {
        using bench = new Bench(config);
        const { checker } = bench;
        for (const action of actions) {
          if ("answer" in action) {
            const address = checker.backend(action.answer)?.config.address.text ?? "";
            bench.prober.flights.get(address)?.answer(action.ok ? pass : fail);
            bench.clock.advance(500);
            continue;
          }
          const before = look(checker);
          if (Array.isArray(action)) {
            let outcome: Outcome;
            try {
              outcome = checker.foresee(action);
            } catch (error) {
              assert.throws(() => checker.operate(action), error as Error);
              assert.deepEqual(look(checker), before);
              continue;
            }
            assert.deepEqual(checker.operate(action), outcome);
            compare(outcome.frontends, before, look(checker));
          } else {
            const { frontends } = await foreseen(bench, action);
            await bench.reload(action);
            compare(frontends, before, look(checker));
          }
        }
      },
    ),
    { seed: 11, numRuns: 200 },
  );
});
