import type { Backend, HealthCheck } from "../config/mod.ts";
import type { ToldWeight } from "../events/mod.ts";
import {
  type BackendState,
  type DrainPhase,
  type FlapMemory,
  freshHealth,
  type Health,
  isHealthy,
  isProbed,
  type LastUse,
  neverFlapped,
  recheck,
  remember,
  type Role,
  type Standing,
  type Transition,
} from "../health/mod.ts";
import type { ProbeTarget } from "../probes/mod.ts";
import { ProbeJob } from "../probing/mod.ts";
import type { FrontendEntry } from "./frontend.ts";
import type {
  BackendByHand,
  BackendSnapshot,
  BackendTrend,
  Drain,
  DrainSnapshot,
  FlapHold,
  Said,
} from "./types.ts";

/** The weights of one backend in one frontend, as listeners know them. */
export interface ToldWeights {
  readonly configured: ToldWeight;
  readonly effective: ToldWeight;
}

/** How far a backend is that has come up. Replaced as a whole, never changed. */
export interface Rise {
  /** When it came up, by the clock that is never set. */
  readonly since: number;
  /** 1 to `slowStartSteps`; the last one means that it has all of its weight. */
  readonly step: number;
}

/** A backend's place in one frontend. */
export interface Membership {
  readonly frontend: FrontendEntry;
  readonly backend: BackendEntry;
  /** Index of the pool. */
  readonly pool: number;
  /** As in the file. */
  readonly fileWeight: number;
  /** In force: the operator's, else the file's. */
  weight: number;
  /** Who set it; undefined while it is the file's. */
  said: Said | undefined;
  /** What was last announced. */
  told: ToldWeights;
  /** As it is counted. */
  role: Role;
  /** When it last carried traffic; undefined: it did not when its check last failed. */
  lastUse: LastUse | undefined;
  /** Set for a while after it came up where the frontend has a slow start. */
  rise: Rise | undefined;
  /** It came to a frontend that there was, and VPP has nothing for it. */
  isNew: boolean;
}

/** Where a configuration uses a backend. */
export interface Placement {
  readonly memberships: readonly Membership[];
  /** Names of the frontends, sorted. */
  readonly frontends: readonly string[];
}

/** What is known of the traffic of a server that is being drained. Times are a clock's. */
export interface DrainTraffic {
  /** When its packets were read last, as the reading itself says. */
  readonly readAt: number;
  /** When that was noticed, and since when they have stayed the same. */
  readonly seenAt: number;
  readonly quietSince: number;
  /** Packets since VPP began to count. */
  readonly packets: number;
  /** Between the last two readings; undefined after the first. */
  readonly perSecond: number | undefined;
}

/** Everything known about one backend; lives as long as the configuration names it. */
export class BackendEntry {
  readonly name: string;
  readonly job: ProbeJob<BackendEntry>;
  config: Backend;
  #placement: Placement | (() => Placement) = { memberships: [], frontends: [] };
  #health: Health;
  /** No result yet, and nothing said by an operator: what VPP has for it is better than what is known. */
  untested = true;
  /** Unix milliseconds at which the present state began. */
  since: number;
  transitions: readonly Transition<BackendState>[] = [];
  /** When it changed its state of late by itself: Unix milliseconds, oldest first. */
  changes: readonly number[] = [];
  /** What the operator last said about `enabled`, undefined when he never did. */
  operatorEnabled: boolean | undefined;
  /** Who steered it last. */
  said: Said | undefined;
  /** What is remembered of its flapping; times are a clock's. */
  flaps: FlapMemory = neverFlapped;
  /** Set while it is kept down because of that. */
  hold: FlapHold | undefined;
  /** What probes have found of it meanwhile, if they think that it is up. */
  found: Health | undefined;
  /** Set while an operator has it drained. */
  drain: Drain | undefined;
  /** When that began, by the clock that is never set. */
  drainBegan = 0;
  /** What is known of its traffic while it drains. */
  drainTraffic: DrainTraffic | undefined;

  constructor(config: Backend, target: ProbeTarget, wall: number) {
    this.name = config.name;
    this.config = config;
    this.#health = freshHealth(config.enabled, target.check);
    this.since = wall;
    this.job = new ProbeJob(this, target);
  }

  /** Where the state machine stands; who probes keeps its counter. */
  get health(): Health {
    const { state, counter: known } = this.#health;
    const counter = state === "up" || state === "down" ? this.job.counter : undefined;
    if (counter === undefined || counter === known) return this.#health;
    // On the other side: a change of state is on its way here.
    if (isHealthy(counter, this.check) !== (state === "up")) return this.#health;
    return this.#health = { state, counter };
  }

  set health(health: Health) {
    this.#health = health;
  }

  /** The state alone, which needs no look at the counter. */
  get state(): BackendState {
    return this.#health.state;
  }

  /** The health check in force. */
  get check(): HealthCheck {
    return this.job.target.check;
  }

  /** What its weights depend on, as far as it is the same in all frontends. */
  get standing(): Standing {
    const drain = this.drain && "draining";
    const isFlapping = this.hold !== undefined;
    return { state: this.state, untested: this.untested, drain, isFlapping };
  }

  /** Where it is used. */
  get placement(): Placement {
    if (typeof this.#placement === "function") this.#placement = this.#placement();
    return this.#placement;
  }

  set placement(placement: Placement) {
    this.#placement = placement;
  }

  /** Its places in frontends, each of which has taken the place of its predecessor. */
  get memberships(): readonly Membership[] {
    const { memberships } = this.placement;
    for (const { frontend } of memberships) frontend.finishTakeOver();
    return memberships;
  }

  /**
   * Another one that is as this one is now; it is never probed. Where it is used is asked for when
   * somebody wants to know.
   */
  copy(placement: () => Placement): BackendEntry {
    const copy = new BackendEntry(this.config, this.job.target, this.since);
    copy.job.resemble(this.job);
    copy.#placement = placement;
    copy.#health = this.#health;
    copy.untested = this.untested;
    copy.transitions = this.transitions;
    copy.changes = this.changes;
    copy.operatorEnabled = this.operatorEnabled;
    copy.said = this.said;
    copy.flaps = this.flaps;
    copy.hold = this.hold;
    copy.found = this.found;
    copy.drain = this.drain;
    copy.drainBegan = this.drainBegan;
    copy.drainTraffic = this.drainTraffic;
    return copy;
  }

  /**
   * Becomes what `other` was, which was probed at the same server. What probes found out counts if
   * it was probed alike; `isRenamed`: it is the same backend under another name, so that what
   * operators said of it holds as well.
   */
  takeOver(other: BackendEntry, isAlike: boolean, isRenamed: boolean): void {
    if (isRenamed) {
      this.operatorEnabled = other.operatorEnabled;
      this.said = other.said;
      this.drain = other.drain;
      this.drainBegan = other.drainBegan;
      this.drainTraffic = other.drainTraffic;
    } else if (!isProbed(other.health.state)) return;
    if (!isAlike && isProbed(other.health.state)) {
      this.health = freshHealth(true, this.check);
      return;
    }
    this.health = recheck(other.health, other.check, this.check, "timing");
    this.untested = other.untested;
    this.since = other.since;
    this.job.inherit(other.job);
    if (!isRenamed) return;
    this.transitions = other.transitions;
    this.changes = other.changes;
    this.flaps = other.flaps;
    this.hold = other.hold;
  }

  /** What others may see of it. */
  snapshot(): BackendSnapshot {
    const { config, health, since, transitions } = this;
    return {
      config,
      state: health.state,
      untested: this.untested,
      enabled: health.state !== "disabled",
      health: health.counter,
      since,
      transitions,
      lastProbe: this.job.last,
      certificateEnd: this.job.certificateEnd,
      frontends: this.placement.frontends,
      byHand: this.#byHand(),
      flapHold: this.hold && { ...this.hold, isPassing: this.found !== undefined },
      drain: this.drain &&
        drainSnapshot(this.drain, this.placement.memberships, this.drainTraffic),
    };
  }

  /** How it has fared of late, as of `now` (Unix milliseconds). */
  trend(now: number): BackendTrend {
    const { job: { times }, check: { timeoutMs } } = this;
    return { changes: recentOf(this.changes, now).length, times, timeoutMs };
  }

  /** Remembers that it changed its state, if it did so by itself. */
  remember(transition: Transition<BackendState>, historyLimit: number): void {
    const { at } = transition;
    this.since = at;
    if (isFlip(transition)) this.changes = [...recentOf(this.changes, at), at].slice(-mostRecent);
    this.transitions = remember(this.transitions, transition, historyLimit);
  }

  #byHand(): BackendByHand | undefined {
    const { config: { enabled: fileEnabled }, health: { state: current }, drain } = this;
    const state = current === "paused" || current === "disabled" ? current : "enabled";
    if (drain && state === "enabled") return { state: "draining", fileEnabled, said: drain.said };
    const { said } = this;
    const isAsInFile = state === (fileEnabled ? "enabled" : "disabled");
    return isAsInFile ? undefined : { state, fileEnabled, said };
  }
}

/** How far a drain is in one frontend. */
export function phaseIn(drain: Drain | undefined, frontend: string): DrainPhase | undefined {
  return drain && (drain.overdue.includes(frontend) ? "overdue" : "draining");
}

/** After how many milliseconds the drain is overdue in a frontend; Infinity: never. */
export function deadlineMsIn(
  { deadlineMs }: Drain,
  { frontend: { file: { drainDeadlineMs } } }: Membership,
): number {
  const ms = deadlineMs ?? drainDeadlineMs;
  return ms === 0 ? Infinity : ms;
}

/** What others see of a drain of a backend that has these places and this traffic. */
function drainSnapshot(
  drain: Drain,
  memberships: readonly Membership[],
  traffic: DrainTraffic | undefined,
): DrainSnapshot {
  const { said, drainedAt } = drain;
  const last = said.at + Math.max(...memberships.map((member) => deadlineMsIn(drain, member)));
  return {
    ...{ said, drainedAt },
    deadlineAt: Number.isFinite(last) ? last : undefined,
    packetsPerSecond: traffic?.perSecond,
  };
}

/** For how long a change of state is recent, in milliseconds: 10 minutes. */
const recentMs = 600_000;

/** Changes that are remembered: of who changes more often, more than enough is known. */
export const mostRecent = 100;

/** Those of these moments that are recent at another, oldest first. */
function recentOf(moments: readonly number[], now: number): readonly number[] {
  return moments.filter((at) => at > now - recentMs);
}

/** Whether a backend has come up or gone down by itself: what operators do to it is no flapping. */
export function isFlip({ from, to }: { readonly from: string; readonly to: string }): boolean {
  return (from === "up" && to === "down") || (from === "down" && to === "up");
}
