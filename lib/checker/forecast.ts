import {
  type BackendInput,
  type BackendState,
  FrontendTally,
  type Health,
  type LastUse,
  roleOf,
  type Standing,
  type Step,
  step,
} from "../health/mod.ts";
import type { BackendEntry } from "./backend.ts";
import { type FailOpen, openAfter, standingUnder } from "./fail_open.ts";
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

  /** As of `now`, Unix milliseconds. */
  constructor(private readonly now: number) {}

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
      const standing = standingUnder(frontend.open, member.lastUse, this.#standing(backend));
      const role = roleOf(standing);
      tally.moved(pool, weight, member.role, role);
      tally.reweighed(pool, weight, this.weightOf(member), role);
    }
    const look: Look = {
      weightOf: (member) => this.weightOf(member),
      standingOf: ({ backend }) => this.#standing(backend),
      lastUseOf: ({ lastUse }) => lastUse,
    };
    const open = openAfter(frontend, frontend.open, tally.census, this.now);
    return open === frontend.open
      ? sideOf(frontend, tally, open, look)
      : countedSide(frontend, open, look, this.now);
  }
}

/** What members of a frontend are or would be. */
export interface Look {
  readonly weightOf: (member: Membership) => number;
  /** Fail-open left aside. */
  readonly standingOf: (member: Membership) => Standing;
  readonly lastUseOf: (member: Membership) => LastUse | undefined;
}

/** A frontend all of whose members are looked at, which had this fail-open before. */
export function countedSide(
  frontend: FrontendEntry,
  before: FailOpen | undefined,
  look: Look,
  now: number,
): Side {
  const count = (open: FailOpen | undefined) => {
    const tally = new FrontendTally(frontend.file.pools.length);
    for (const member of frontend.members.values()) {
      const standing = standingUnder(open, look.lastUseOf(member), look.standingOf(member));
      tally.add(member.pool, look.weightOf(member), roleOf(standing));
    }
    return tally;
  };
  const tally = count(before);
  const open = openAfter(frontend, before, tally.census, now);
  return sideOf(frontend, open === before ? tally : count(open), open, look);
}

function conditionOf({ health, untested, drain }: Condition): Condition {
  return { health, untested, drain };
}

/** A frontend as it stands. */
export function asItIs(frontend: FrontendEntry): Side {
  const { tally, open } = frontend;
  return sideOf(frontend, tally, open, {
    weightOf: ({ weight }) => weight,
    standingOf: ({ backend }) => backend.standing,
    lastUseOf: ({ lastUse }) => lastUse,
  });
}

/** A frontend whose members look like this, with this fail-open. */
function sideOf(
  { file: { pools }, members }: FrontendEntry,
  tally: FrontendTally,
  open: FailOpen | undefined,
  { weightOf, standingOf, lastUseOf }: Look,
): Side {
  return {
    tally,
    pools,
    place: (name) => {
      const member = members.get(name);
      if (!member) return undefined;
      const standing = standingUnder(open, lastUseOf(member), standingOf(member));
      return { pool: member.pool, weight: weightOf(member), standing };
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
