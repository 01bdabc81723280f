import {
  type BackendInput,
  type BackendState,
  type FrontendTally,
  type Health,
  roleOf,
  type Standing,
  type Step,
  step,
} from "../health/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { FrontendEntry, Membership } from "./frontend.ts";
import {
  type BackendOutcome,
  type FrontendOutcome,
  frontendOutcome,
  type Outcome,
  type Side,
} from "./outcome.ts";
import type { Steps } from "./slices.ts";

/** A backend's health, whether it is still as untested as before, and whether it is drained. */
export interface Condition {
  readonly health: Health;
  readonly untested: boolean;
  /** Set if it is drained. */
  readonly drain?: unknown;
}

/** How a backend stands in such a condition. */
export function standingIn({ health: { state }, untested, drain }: Condition): Standing {
  return { state, untested, drain: drain === undefined ? undefined : "draining" };
}

/** What would be if this and that were done. Nothing is. */
export class Forecast {
  readonly #conditions = new Map<BackendEntry, Condition>();
  readonly #weights = new Map<Membership, number>();

  /** What an input would do to a backend after all that was forecast before. */
  steer(entry: BackendEntry, input: BackendInput): Step {
    const { health, untested, drain } = this.#condition(entry);
    const outcome = step(health, input, entry.check);
    if (outcome.kind === "refused") return outcome;
    this.#conditions.set(entry, {
      health: outcome.health,
      untested: untested && outcome.probing === "keep",
      drain: input === "disable" || input === "enable" ? undefined : drain,
    });
    return outcome;
  }

  /** A backend would be drained, or not any more. */
  drain(entry: BackendEntry, isDrained: boolean): void {
    const drain = isDrained ? true : undefined;
    this.#conditions.set(entry, { ...conditionOf(this.#condition(entry)), drain });
  }

  /** What a backend's state would be after all that was forecast before. */
  stateOf(entry: BackendEntry): BackendState {
    return this.#conditions.get(entry)?.health.state ?? entry.state;
  }

  /** What a weight would be after all that was forecast before. */
  weightOf(member: Membership): number {
    return this.#weights.get(member) ?? member.weight;
  }

  /** A weight would be set. */
  weigh(member: Membership, weight: number): void {
    this.#weights.set(member, weight);
  }

  /** What all of that comes to. */
  *outcome(): Steps<Outcome> {
    const backends: BackendOutcome[] = [];
    const concerned = new Map<FrontendEntry, Set<string>>();
    const concern = ({ frontend, backend }: Membership) => {
      const names = concerned.get(frontend);
      if (names) names.add(backend.name);
      else concerned.set(frontend, new Set([backend.name]));
    };
    for (const [entry, { health: { state: to } }] of this.#conditions) {
      const { name: backend, health: { state: from }, placement } = entry;
      if (from !== to) backends.push({ backend, from, to });
      placement.memberships.forEach(concern);
    }
    for (const member of this.#weights.keys()) concern(member);
    const frontends: FrontendOutcome[] = [];
    for (const [frontend, names] of concerned) {
      const after = this.#after(frontend, names);
      const [name, others] = [frontend.file.name, othersOf(frontend, after)];
      const outcome = yield* frontendOutcome(name, asItIs(frontend), after, names, others);
      if (outcome) frontends.push(outcome);
      yield "long";
    }
    return { backends, frontends: frontends.sort(byName) };
  }

  #condition(entry: BackendEntry): Condition {
    return this.#conditions.get(entry) ?? entry;
  }

  #standing(entry: BackendEntry): Standing {
    return standingIn(this.#condition(entry));
  }

  #after(frontend: FrontendEntry, names: ReadonlySet<string>): Side {
    const tally = frontend.tally.copy();
    for (const name of names) {
      const member = frontend.members.get(name);
      if (!member) continue;
      const { pool, weight, backend } = member;
      const role = roleOf(this.#standing(backend));
      tally.moved(pool, weight, roleOf(backend.standing), role);
      tally.reweighed(pool, weight, this.weightOf(member), role);
    }
    return sideOf(
      frontend,
      tally,
      (member) => this.weightOf(member),
      ({ backend }) => this.#standing(backend),
    );
  }
}

function conditionOf({ health, untested, drain }: Condition): Condition {
  return { health, untested, drain };
}

/** A frontend as it stands. */
export function asItIs(frontend: FrontendEntry): Side {
  const { tally } = frontend;
  return sideOf(frontend, tally, ({ weight }) => weight, ({ backend }) => backend.standing);
}

/** A frontend whose members have these weights and stand so. */
export function sideOf(
  { file: { pools }, members }: FrontendEntry,
  tally: FrontendTally,
  weightOf: (member: Membership) => number,
  standingOf: (member: Membership) => Standing,
): Side {
  return {
    tally,
    pools,
    place: (name) => {
      const member = members.get(name);
      if (!member) return undefined;
      return { pool: member.pool, weight: weightOf(member), standing: standingOf(member) };
    },
  };
}

/** Those that may have another share or, after a failover, another weight. */
function* othersOf({ members, tally }: FrontendEntry, after: Side): Generator<string> {
  if (after.tally.activePool === tally.activePool && after.tally.weight === tally.weight) return;
  for (const [name, { pool }] of members) {
    if (pool === tally.activePool || pool === after.tally.activePool) yield name;
  }
}

function byName(a: { readonly frontend: string }, b: { readonly frontend: string }): number {
  return a.frontend < b.frontend ? -1 : 1;
}
