import type { Config } from "../config/mod.ts";
import type { EventData, EventSink, NewEvent } from "../events/mod.ts";
import { PretendedProbing } from "../probing/mod.ts";
import type { Clock, Steps } from "../time/mod.ts";
import { vipOf } from "./apply.ts";
import { Copies } from "./copies.ts";
import { Engine } from "./engine.ts";
import type { FrontendEntry } from "./frontend.ts";
import { type Asked, carryOut, type Intent } from "./intents.ts";
import {
  type BackendOutcome,
  type FrontendOutcome,
  frontendOutcome,
  type Outcome,
} from "./outcome.ts";
import { type Generation, type Plan, planReload } from "./plan.ts";
import type { CheckerObserver, DesiredSource, ForeseenReload } from "./types.ts";

/**
 * What carrying out `intents` would come to if it was done now: it is done on copies of what they
 * concern. Neither `generation` nor anything in it is touched.
 */
export function* dryRunIntents(
  generation: Generation,
  intents: readonly Intent[],
  asked: Asked,
  clock: Clock,
): Steps<Outcome> {
  const copies = new Copies();
  const dryRun = new DryRun({ ...generation, backends: new Map(), frontends: new Map() }, clock);
  for (const intent of intents) {
    carryOut(copyOf(intent, copies), asked, { events: dryRun, engine: dryRun.engine });
    yield;
  }
  const outcomes: FrontendOutcome[] = [];
  for (const [before, after] of copies.frontends) {
    const outcome = yield* dryRun.outcomeOf(before, after);
    if (outcome) outcomes.push(outcome);
    yield;
  }
  return {
    backends: Array.from(copies.backends).flatMap(([before, after]) => changeOf(before, after)),
    frontends: outcomes.sort(byName),
  };
}

/** What putting `config` in force would come to: it is done with a copy of `old`. */
export function* dryRunReload(
  old: Generation,
  config: Config,
  clock: Clock,
): Steps<Omit<ForeseenReload, "changes" | "refusal">> {
  const copies = new Copies();
  const copy = yield* copies.all(old);
  const dryRun = new DryRun(copy, clock);
  const plan = yield* planReload(copy, config, clock.wall());
  yield* dryRun.engine.replace(plan, { cause: { kind: "config" } });
  const { generation } = dryRun.engine;
  const backends: BackendOutcome[] = [];
  for (const entry of old.backends.values()) {
    backends.push(...changeOf(entry, generation.backends.get(entry.name)));
    yield;
  }
  const frontends = yield* reloadedFrontends(old, plan, copies, dryRun);
  return { backends, frontends, overrides: dryRun.overrides, desired: desiredIn(generation) };
}

function copyOf(intent: Intent, copies: Copies): Intent {
  return "at" in intent
    ? { ...intent, at: copies.member(intent.at) }
    : { ...intent, on: copies.backend(intent.on) };
}

function* reloadedFrontends(
  old: Generation,
  plan: Plan,
  copies: Copies,
  dryRun: DryRun,
): Steps<readonly FrontendOutcome[]> {
  const originals = new Map(Array.from(copies.frontends, ([entry, copy]) => [copy, entry]));
  const leaving = new Map(
    plan.frontends.gone.map((copy) => [vipOf(copy.file), originals.get(copy)]),
  );
  const fresh = new Set(plan.frontends.fresh);
  const outcomes: (FrontendOutcome | undefined)[] = [];
  for (const after of dryRun.engine.generation.frontends.values()) {
    const { name } = after.file;
    const vip = vipOf(after.file);
    const before = old.frontends.get(name) ?? leaving.get(vip);
    if (before && !old.frontends.has(name)) leaving.delete(vip);
    const all = [...after.members.keys(), ...before?.members.keys() ?? []];
    outcomes.push(
      fresh.has(after)
        ? yield* frontendOutcome(name, before, after, all, [])
        : yield* dryRun.outcomeOf(before, after),
    );
    yield;
  }
  for (const before of leaving.values()) {
    if (!before) continue;
    const { file: { name }, members } = before;
    outcomes.push(yield* frontendOutcome(name, before, undefined, members.keys(), []));
    yield;
  }
  return outcomes.flatMap((each) => each ?? []).sort(byName);
}

/** Where something is tried out: with copies, at one moment, heard by nobody else. */
class DryRun implements EventSink {
  readonly engine: Engine;
  /** What becomes of what operators have said. */
  readonly overrides: EventData<"override">[] = [];
  /** Backends whose weights are others, by the names of frontends of which anything is. */
  readonly #concerned = new Map<string, Set<string>>();

  constructor(generation: Generation, clock: Clock) {
    const [now, wall] = [clock.now(), clock.wall()];
    const still = {
      ...{ now: () => now, wall: () => wall, turn: clock.turn },
      after: () => noTimer,
    };
    this.engine = new Engine({
      clock: still,
      events: this,
      observer: nobody,
      probing: new PretendedProbing(),
      firstWithinMs: () => 0,
    }, generation);
  }

  emit(events: readonly NewEvent[]): void {
    for (const event of events) {
      switch (event.kind) {
        case "weight":
          this.#concern(event.frontend).add(event.backend);
          break;
        case "pool":
        case "frontend":
          this.#concern(event.frontend);
          break;
        case "override": {
          const { cause: _, actor: __, ...override } = event;
          this.overrides.push(override);
        }
      }
    }
  }

  /** What has become of a frontend; undefined if nothing has. */
  *outcomeOf(
    before: FrontendEntry | undefined,
    after: FrontendEntry,
  ): Steps<FrontendOutcome | undefined> {
    const { name } = after.file;
    const backends = this.#concerned.get(name);
    if (!backends) return undefined;
    return yield* frontendOutcome(name, before, after, backends, othersOf(before, after));
  }

  #concern(frontend: string): Set<string> {
    return this.#concerned.getOrInsertComputed(frontend, () => new Set());
  }
}

const noTimer = { cancel() {} };

const nobody: CheckerObserver = { probesDone() {}, transition() {}, removed() {} };

/** Those that may have another share, though the same weight. */
function* othersOf(before: FrontendEntry | undefined, after: FrontendEntry): Generator<string> {
  const [was, is] = [before?.standing, after.standing];
  if (!before || (was?.activePool === is.activePool && was.weight === is.weight)) return;
  const pools = [before.tally.activePool, after.tally.activePool];
  for (const [name, { pool }] of before.members) if (pools.includes(pool)) yield name;
}

function changeOf(
  { name: backend, state: from }: { readonly name: string; readonly state: BackendOutcome["from"] },
  after: { readonly state: BackendOutcome["to"] } | undefined,
): BackendOutcome[] {
  const to = after?.state ?? "removed";
  return from === to ? [] : [{ backend, from, to }];
}

/** What VPP would have to hold. */
function desiredIn({ config, frontendNames, frontends }: Generation): DesiredSource {
  return {
    config,
    frontendNames: () => frontendNames,
    frontend: (name) => frontends.get(name)?.snapshot(),
  };
}

function byName(a: { readonly frontend: string }, b: { readonly frontend: string }): number {
  return a.frontend < b.frontend ? -1 : 1;
}
