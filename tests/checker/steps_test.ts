/** A reload works step by step: one thing that may be there ten thousand times is one step. */

import assert from "node:assert/strict";
import { type ApplyContext, settle, swap } from "../../lib/checker/apply.ts";
import { emptyGeneration, type Generation, type Plan, planReload } from "../../lib/checker/plan.ts";
import { dryRunIntents, dryRunReload } from "../../lib/checker/dry_run.ts";
import { frontendOutcome } from "../../lib/checker/outcome.ts";
import { removalRefusal } from "../../lib/checker/removals.ts";
import type { Config } from "../../lib/config/mod.ts";
import { FakeClock } from "../../lib/time/mod.ts";
import { RecordedLog } from "../support/recorded_log.ts";
import { sketch } from "./support/bench.ts";

/** Runs the work to its end; the result is also in how many steps. */
function counted<R>(work: Generator<unknown, R>): { readonly steps: number; readonly value: R } {
  for (let steps = 0;; steps++) {
    const { done, value } = work.next();
    if (done) return { steps, value };
  }
}

const from = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => `b${first + i}`);

/** So many backends, all of them in each of so many frontends. */
function site(names: readonly string[], frontends: number, history = 5): Config {
  const pool = Object.fromEntries(names.map((name) => [name, 1]));
  return sketch({
    backends: Object.fromEntries(names.map((name) => [name, { at: `10.0.0.${name.slice(1)}` }])),
    frontends: Object.fromEntries(Array.from({ length: frontends }, (_, i) => [`f${i}`, [pool]])),
    history,
  });
}

const plan = (generation: Generation, config: Config) => counted(planReload(generation, config, 0));

/** Nothing of what is carried out matters here. */
const context = {
  clock: new FakeClock(),
  states: { input: () => {}, introduce: () => {}, enterAll: () => {} },
  probing: { outdate() {}, aim() {}, retime() {}, forget() {} },
  events: { emit: () => {} },
  observer: { removed: () => {} },
  log: new RecordedLog(),
  firstWithinMs: () => 0,
} as unknown as ApplyContext;

/** Puts a plan in force; the result is in how many steps. */
function carryOut(old: Generation, made: Plan): number {
  const reason = { cause: { kind: "config" } } as const;
  swap(old, made, context, reason, () => {});
  return counted(settle(old, made, context, reason)).steps;
}

/** Backends, frontends and checks are sorted, each in one step. */
const sorting = 3;

Deno.test("working out a reload takes a step for each backend and each place, as often as looked at", () => {
  const empty = emptyGeneration(site([], 0));
  const first = plan(empty, site(from(0, 20), 3));
  assert.equal(first.steps, 20 + sorting + 3 * 20 + 20);
  const { generation } = first.value;
  carryOut(empty, first.value);
  // What is the same: each backend is looked for, each place compared and joined again.
  assert.equal(
    plan(generation, site(from(0, 20), 3)).steps,
    20 + 20 + sorting + 3 * (20 + 20) + 20 + 3,
  );
  const none = plan(generation, site([], 0));
  // Only the checks are there to be sorted.
  assert.equal(none.steps, 20 + 1 + 3);
});

Deno.test("carrying it out takes a step for each backend that is new or gone, two for a new frontend", () => {
  const empty = emptyGeneration(site([], 0));
  const first = plan(empty, site(from(0, 20), 3)).value;
  // It takes the place of its predecessor, and is told of.
  assert.equal(carryOut(empty, first), 20 + 2 * 3);
  const { generation } = first;
  assert.equal(carryOut(generation, plan(generation, site(from(0, 20), 3)).value), 0);
  const moved = site(from(0, 20), 3);
  for (const backend of moved.backends.values()) Object.assign(backend, { enabled: false });
  assert.equal(carryOut(generation, plan(generation, moved).value), 20);
  const all = plan(generation, site([], 0)).value;
  assert.equal(carryOut(generation, all), 20 + 3);
});

Deno.test("a frontend of many backends is told in pieces of 256, histories are cut one by one", () => {
  const empty = emptyGeneration(site([], 0));
  for (const [backends, pieces] of [[256, 1], [257, 2], [512, 2], [513, 3]] as const) {
    const names = Array.from({ length: backends }, (_, i) => `b${i}`);
    const pool = Object.fromEntries(names.map((name) => [name, 1]));
    const large = sketch({
      backends: Object.fromEntries(names.map((name) => [name, {}])),
      frontends: { web: [pool] },
    });
    assert.equal(carryOut(empty, plan(empty, large).value), 1 + backends + pieces);
  }
  const first = plan(empty, site(from(0, 20), 0, 5)).value;
  carryOut(empty, first);
  const shorter = plan(first.generation, site(from(0, 20), 0, 2)).value;
  assert.equal(carryOut(first.generation, shorter), 20);
});

Deno.test("whether a reload takes too much out takes a step for each frontend and each place", () => {
  const files = [site(from(0, 20), 3), site(from(0, 10), 3)] as const;
  const steps = counted(removalRefusal(...files)).steps;
  assert.equal(steps, 2 * 3 + (3 * (1 + 20)) + (3 * (1 + 10)));
});

Deno.test("working out what becomes of a frontend takes a step for each of its backends", () => {
  const standing = { state: "up", activePool: "pool0", weight: 1 } as const;
  const side = { standing, place: () => ({ pool: "pool0", configured: 1, effective: 1 }) };
  const outcome = frontendOutcome("f", side, side, from(0, 3), from(0, 20));
  assert.equal(counted(outcome).steps, 3 + 20);
});

/** What is in force once this configuration is, without any probe. */
function running(config: Config): Generation {
  const empty = emptyGeneration(site([], 0));
  const first = plan(empty, config).value;
  carryOut(empty, first);
  return first.generation;
}

Deno.test("trying a reload out takes steps for the copy, the reload, and what becomes of each", () => {
  const clock = new FakeClock();
  const config = site(from(0, 20), 3);
  const copied = 20 + 3 * 20;
  const planned = (to: Config) => plan(running(config), to);
  const none = site([], 0);
  const dryRun = (to: Config) => counted(dryRunReload(running(config), to, clock));
  assert.equal(dryRun(config).steps, copied + planned(config).steps + 20 + 3);
  const gone = dryRun(none);
  const { value } = planned(none);
  // Of what goes each backend is looked at, and so is each that was in a frontend.
  const carried = carryOut(running(config), value);
  assert.equal(gone.steps, copied + planned(none).steps + carried + 20 + 3 * (20 + 1));
  assert.deepEqual(gone.value.frontends.map(({ frontend }) => frontend), ["f0", "f1", "f2"]);
  const more = site(from(0, 20), 4);
  assert.equal(dryRun(more).steps, copied + planned(more).steps + 2 * 1 + 20 + 4 + 20);
});

Deno.test("trying an operation out takes a step for each backend that may be concerned", () => {
  const generation = running(sketch({
    backends: { a: {}, b: {}, c: {}, d: {} },
    frontends: { f: [{ a: 100, b: 100 }, { c: 100 }, { d: 100 }] },
  }));
  const on = generation.backends.get("a");
  assert.ok(on);
  const by = { name: "me", from: "" };
  const asked = {
    reason: { cause: { kind: "operator" }, actor: by },
    by,
    at: { wall: 0, now: 0 },
  } as const;
  const tried = (verb: "pause" | "disable" | "resume") =>
    counted(dryRunIntents(generation, [{ kind: "steer", on, verb }], asked, new FakeClock()));
  assert.deepEqual([tried("resume").steps, tried("disable").steps], [1, 1 + 1 + 1]);
});

Deno.test("a frontend that is counted anew counts its backends as they are now, one a step", () => {
  const generation = running(site(from(0, 5), 1));
  const frontend = generation.frontends.get("f0");
  assert.deepEqual(frontend?.tally.census, { up: 0, down: 0, awaited: 5 });
  const states = ["up", "up", "down", "disabled", "unknown"] as const;
  for (const [i, backend] of [...generation.backends.values()].entries()) {
    backend.health = { state: states[i] ?? "unknown", counter: 4 };
  }
  for (let again = 0; again < 2; again++) {
    assert.equal(counted(frontend.standings.recount()).steps, 5);
    assert.deepEqual(frontend.tally.census, { up: 2, down: 1, awaited: 1 });
  }
});
