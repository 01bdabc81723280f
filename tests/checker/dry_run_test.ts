import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Checker,
  type DesiredSource,
  type FrontendOutcome,
  type Operation,
  type Outcome,
  ReloadRefused,
} from "../../lib/checker/mod.ts";
import type { Config } from "../../lib/config/mod.ts";
import { type Probed, safeAction, safeConfig } from "./support/random_safety.ts";
import { Bench, fail, pass } from "./support/bench.ts";

/** What can be seen of a site. */
interface Sight {
  readonly backends: ReadonlyMap<string, string>;
  /** State, active pool and the sum of the weights of each frontend. */
  readonly frontends: ReadonlyMap<string, string>;
  /** Configured and effective weight, by `frontend backend`. */
  readonly weights: ReadonlyMap<string, string>;
}

function look(checker: Checker): Sight {
  const frontends = checker.frontendNames().map((name) =>
    checker.frontend(name) ?? assert.fail(name)
  );
  return {
    backends: new Map(
      checker.backendNames().map((name) => [name, checker.backend(name)?.state ?? ""]),
    ),
    frontends: new Map(frontends.map(({ config: { name }, state, activePool, weights }) => {
      const sum = weights.reduce((all, { weight }) => all + (weight === "kept" ? 0 : weight), 0);
      return [name, `${state} ${activePool} ${sum}`];
    })),
    weights: new Map(frontends.flatMap(({ config, weights }) => {
      const configured = config.pools.flatMap(({ backends }) => backends.map((b) => b.weight));
      return weights.map(({ backend, weight }, i): [string, string] => [
        `${config.name} ${backend}`,
        `${configured[i]} ${weight}`,
      ]);
    })),
  };
}

function compareFrontends(frontends: readonly FrontendOutcome[], before: Sight, after: Sight) {
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
    if (was === is && !listed.has(place)) continue;
    assert.equal(listed.get(place), is ?? "absent absent", place);
  }
}

function compareBackends({ backends }: Outcome, before: Sight, after: Sight) {
  const changed = [...before.backends].flatMap(([name, from]) => {
    const to = after.backends.get(name) ?? "removed";
    return from === to ? [] : `${name} ${from}>${to}`;
  });
  const foretold = backends.map(({ backend, from, to }) => `${backend} ${from}>${to}`);
  assert.deepEqual(foretold.sort(), changed.sort());
}

/** What VPP is to hold, with each reason. */
function desired(source: Pick<DesiredSource, "frontendNames" | "frontend">) {
  return source.frontendNames().map((name) => {
    const { config, weights } = source.frontend(name) ?? assert.fail(name);
    return { config, weights };
  });
}

function operate({ checker }: Bench, operations: readonly Operation[]): void {
  const before = look(checker);
  let outcome: Outcome;
  try {
    outcome = checker.foresee(operations);
  } catch (error) {
    assert.throws(() => checker.operate(operations), error as Error);
    assert.deepEqual(look(checker), before);
    return;
  }
  assert.deepEqual(look(checker), before, "nothing is done");
  assert.deepEqual(checker.operate(operations), outcome);
  const after = look(checker);
  compareFrontends(outcome.frontends, before, after);
  compareBackends(outcome, before, after);
}

async function load(bench: Bench, config: Config): Promise<void> {
  const { checker } = bench;
  const before = look(checker);
  const foreseen = await bench.while(checker.foreseeReload(config));
  const { desired: wanted, ...outcome } = foreseen;
  const wantedThen = desired(wanted);
  assert.deepEqual(look(checker), before, "nothing is done");
  const told = bench.events.length;
  const reloaded = await bench.while(
    checker.reload(config).catch((error) => {
      if (error instanceof ReloadRefused) return undefined;
      throw error;
    }),
  );
  assert.equal(reloaded === undefined, outcome.refusal !== undefined);
  if (!reloaded) return assert.deepEqual(look(checker), before);
  assert.deepEqual(reloaded, outcome);
  const after = look(checker);
  compareFrontends(outcome.frontends, before, after);
  compareBackends(outcome, before, after);
  assert.deepEqual(wantedThen, desired(checker));
  const overrides = bench.events.slice(told).filter(({ kind }) => kind === "override");
  assert.partialDeepStrictEqual(overrides, outcome.overrides);
  assert.equal(overrides.length, outcome.overrides.length);
}

function probe(bench: Bench, { probe, ok, times }: Probed): void {
  const { checker } = bench;
  const names = probe === "all" ? checker.backendNames() : [probe];
  for (const name of names) {
    for (let i = 0; i < times; i++) {
      const { state = "removed" } = checker.backend(name) ?? {};
      if (["unknown", "up", "down"].includes(state)) bench.probe(name, ok ? pass : fail);
    }
  }
}

Deno.test("what is foreseen is what comes, with every measure in play", async () => {
  await fc.assert(
    fc.asyncProperty(
      safeConfig,
      fc.array(safeAction, { minLength: 1, maxLength: 40, size: "max" }),
      async (config, actions) => {
        using bench = new Bench(config);
        for (const action of actions) {
          if ("probe" in action) probe(bench, action);
          else if ("waitMs" in action) bench.clock.advance(action.waitMs);
          else if ("ask" in action) operate(bench, action.ask);
          else await load(bench, action.load);
        }
      },
    ),
    { seed: 14, numRuns: 300 },
  );
});
