/** A frontend takes the place of its predecessor when somebody looks: nobody can tell when. */

import fc from "fast-check";
import assert from "node:assert/strict";
import { Engine } from "../../lib/checker/engine.ts";
import { Operator } from "../../lib/checker/operator.ts";
import { emptyGeneration, planReload } from "../../lib/checker/plan.ts";
import type { Config } from "../../lib/config/mod.ts";
import { type NewEvent, OperatorError } from "../../lib/events/mod.ts";
import { isProbed, step } from "../../lib/health/mod.ts";
import { PretendedProbing } from "../../lib/probing/mod.ts";
import { atOnce, FakeClock } from "../../lib/time/mod.ts";
import { fail, httpCheck, pass, sketch } from "./support/bench.ts";
import { type Probed, type SafeAction, safeAction, safeConfig } from "./support/random_safety.ts";

type Action = SafeAction | { readonly look: string };

const config = { cause: { kind: "config" } } as const;

/** An engine in a test's hands. */
class Site implements Disposable {
  /** What was told, and what was seen. */
  readonly story: unknown[] = [];
  readonly engine: Engine;
  readonly #clock = new FakeClock();
  readonly #operator: Operator;

  constructor(first: Config) {
    const [clock, empty] = [this.#clock, emptyGeneration(first)];
    const events = { emit: (told: readonly NewEvent[]) => void this.story.push(...told) };
    const observer = { transition: () => {}, removed: () => {} };
    this.engine = new Engine({
      ...{ clock, events, observer: observer as never },
      probing: new PretendedProbing(),
      firstWithinMs: () => 0,
    }, empty);
    atOnce(this.engine.replace(atOnce(planReload(empty, first, 0)), { cause: { kind: "start" } }));
    this.#operator = new Operator({ clock, events, engine: this.engine });
  }

  act(action: Action): void {
    if ("waitMs" in action) this.#clock.advance(action.waitMs);
    else if ("look" in action) this.look(action.look);
    else if ("probe" in action) this.#probe(action);
    else if ("ask" in action) {
      try {
        for (const { run } of this.#operator.changes(action.ask)) run();
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
      }
    }
  }

  /**
   * Loads a file; before each step of that the next of `meanwhile` happens. `isAtOnce`: frontends take
   * the places of their predecessors before anything else does.
   */
  load(file: Config, meanwhile: readonly Action[], isAtOnce: boolean): void {
    const { engine } = this;
    const work = engine.replace(atOnce(planReload(engine.generation, file, 0)), config);
    for (let i = 0; !work.next().done; i++) {
      if (i === 0 && isAtOnce) {
        for (const frontend of engine.generation.frontends.values()) frontend.finishTakeOver();
      }
      const action = meanwhile[i];
      if (action) this.act(action);
    }
  }

  look(name: string): void {
    this.story.push(this.engine.generation.frontends.get(name)?.snapshot());
  }

  #probe({ probe, ok, times }: Probed): void {
    for (const [name, entry] of this.engine.generation.backends) {
      for (let i = 0; i < times && (probe === name || probe === "all"); i++) {
        if (!isProbed(entry.state)) continue;
        const after = step(entry.found ?? entry.health, ok ? "pass" : "fail", entry.check);
        if (after.kind === "refused") continue;
        this.engine.states.probed(entry, after.health, { ...ok ? pass : fail, at: 0 });
      }
    }
  }

  [Symbol.dispose](): void {
    this.engine.close();
    assert.equal(this.#clock.pending, 0);
  }
}

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: safeAction.filter((each) => !("load" in each)) },
  { weight: 1, arbitrary: fc.record({ look: fc.constantFrom("f", "g") }) },
);

/** The same backends with the same weights in frontends that are all others. */
function touched(file: Config): Config {
  const frontends = new Map(
    Array.from(file.frontends, ([name, frontend]) => [name, { ...frontend, description: "other" }]),
  );
  return { ...file, frontends };
}

Deno.test("nobody can tell when a frontend takes the place of its predecessor", () => {
  const before = fc.array(action, { minLength: 6, maxLength: 12 });
  const meanwhile = fc.array(action, { minLength: 1, maxLength: 4 });
  const second = fc.option(safeConfig, { freq: 1 });
  fc.assert(
    fc.property(safeConfig, before, second, meanwhile, (first, before, second, meanwhile) => {
      const [early, late] = [true, false].map((isAtOnce) => {
        using site = new Site(first);
        for (const action of before) site.act(action);
        site.load(second ?? touched(first), meanwhile, isAtOnce);
        for (const name of ["f", "g"]) site.look(name);
        return site.story;
      });
      assert.deepEqual(late, early);
    }),
    { numRuns: 1_000 },
  );
});

/** Files that differ in what is said of all frontends: first `f` takes its predecessor's place. */
function pair(of: Parameters<typeof sketch>[0]): readonly [Config, Config] {
  const file = sketch(of);
  return [file, touched(file)];
}

Deno.test("what is reset while a file is loaded are the weights that were set before", () => {
  const [first, second] = pair({
    backends: { a: {}, b: {} },
    frontends: { f: [{ b: 1 }], g: [{ a: 100 }] },
  });
  using site = new Site(first);
  const place = { frontend: "g", pool: "pool0", backend: "a" };
  site.act({ ask: [{ action: "weight", ...place, weight: 40, flush: false }] });
  site.load(second, [{ ask: [{ action: "reset", backend: "a" }] }], false);
  assert.equal(site.engine.generation.frontends.get("g")?.place("a")?.configured, 100);
});

Deno.test("who is held goes on being held while a file is loaded where its weight was set to 0", () => {
  const check = httpCheck("web", {
    rise: 1,
    fall: 1,
    flap: { changes: 2, withinMs: 600_000, holdMs: 60_000, maxHoldMs: 60_000 },
  });
  const [first, second] = pair({
    checks: [check],
    backends: { a: {}, b: {} },
    frontends: { f: [{ a: 0, b: 1 }], g: [{ a: 100 }] },
  });
  using site = new Site(first);
  const place = { frontend: "g", pool: "pool0", backend: "a" };
  site.act({ probe: "b", ok: true, times: 1 });
  site.act({ ask: [{ action: "weight", ...place, weight: 0, flush: false }] });
  for (const ok of [true, false, true, false, true]) site.act({ probe: "a", ok, times: 1 });
  const isHeld = () => site.engine.generation.backends.get("a")?.hold !== undefined;
  assert.ok(isHeld());
  site.load(second, [{ probe: "b", ok: false, times: 1 }], false);
  assert.ok(isHeld(), "nobody needs it: it has no weight");
});
