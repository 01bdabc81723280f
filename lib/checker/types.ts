import type { Backend, Config, ConfigChange, Frontend, HealthCheck } from "../config/mod.ts";
import type { Actor, EventData, EventSource } from "../events/mod.ts";
import type { BackendState, EffectiveWeight, FrontendState, Transition } from "../health/mod.ts";
import type { ProbeResult } from "../probes/mod.ts";
import type { Counts, DatedResult, ProbeTimes, ScheduleStats } from "../probing/mod.ts";
import type { Outcome } from "./outcome.ts";

/** Who said something, and when. */
export interface Said {
  readonly by: Actor;
  /** Unix milliseconds. */
  readonly at: number;
}

/** A drain that an operator has begun. Replaced as a whole, never changed. */
export interface Drain {
  /** Who began it, and when. */
  readonly said: Said;
  /** Milliseconds after which what is left is moved away; undefined: as each frontend says. */
  readonly deadlineMs: number | undefined;
  /** Names of the frontends in which that time is over. */
  readonly overdue: readonly string[];
  /** Unix milliseconds since when nothing is left; undefined while something may be. */
  readonly drainedAt: number | undefined;
}

/** A drain as others see it. */
export interface DrainSnapshot {
  /** Who began it, and when. */
  readonly said: Said;
  /** Unix milliseconds at which what is left is moved away everywhere; undefined: never. */
  readonly deadlineAt: number | undefined;
  /** What VPP sent to the server of late; undefined where that is not known. */
  readonly packetsPerSecond: number | undefined;
  /** Unix milliseconds since when nothing is left; undefined while something may be. */
  readonly drainedAt: number | undefined;
}

/** A backend that is held down, as others see it; Unix milliseconds. */
export interface FlapHold {
  readonly since: number;
  readonly until: number;
}

/** A hold, and what probes have found meanwhile. */
export interface FlapHoldSnapshot extends FlapHold {
  /** They think that it is up. */
  readonly isPassing: boolean;
}

/** A backend at one moment. */
export interface BackendSnapshot {
  /** As in the file. */
  readonly config: Backend;
  /** Where the state machine stands. */
  readonly state: BackendState;
  /** Neither probed nor changed by an operator since maglevd was started. */
  readonly untested: boolean;
  /** As set by an operator, else by the file. */
  readonly enabled: boolean;
  /** The rise/fall counter, 0 to rise + fall - 1. */
  readonly health: number;
  /** Unix milliseconds at which the present state began. */
  readonly since: number;
  /** Newest first. */
  readonly transitions: readonly Transition<BackendState>[];
  /** The last finished probe, `at` its end in Unix milliseconds. */
  readonly lastProbe: DatedResult | undefined;
  /** When the certificate that it showed last expires, in Unix milliseconds; undefined: none. */
  readonly certificateEnd: number | undefined;
  /** Names of the frontends that use it, sorted. */
  readonly frontends: readonly string[];
  /** Undefined while it is as the file says. */
  readonly byHand: BackendByHand | undefined;
  /** Undefined while it is not kept down because it flaps. */
  readonly flapHold: FlapHoldSnapshot | undefined;
  /** Undefined while nobody has it drained. */
  readonly drain: DrainSnapshot | undefined;
}

/** A backend's recent history in figures. */
export interface BackendTrend {
  /** Changes of its state in the last 10 minutes; 100 or more than that. */
  readonly changes: number;
  /** How long its last probes took; undefined while none of the present target has ended. */
  readonly times: ProbeTimes | undefined;
  /** After so many milliseconds a probe has failed. */
  readonly timeoutMs: number;
}

/** A state of a backend that an operator has set and that differs from the file's. */
export interface BackendByHand {
  readonly state: "paused" | "disabled" | "enabled" | "draining";
  /** Whether the file has it enabled. */
  readonly fileEnabled: boolean;
  /** Who said so; undefined where that is not known. */
  readonly said: Said | undefined;
}

/** A weight that an operator has set. */
export interface SavedWeight {
  readonly frontend: string;
  readonly pool: string;
  readonly backend: string;
  /** 0 to 100. */
  readonly weight: number;
  /** What the file said when it was set: once the file says something else, that counts. */
  readonly fileWeight: number;
  readonly said: Said | undefined;
}

/** A frontend at one moment; weights in `config` are the runtime ones. */
export interface FrontendSnapshot {
  /** As in the file but for the weights. */
  readonly config: Frontend;
  /** As in the file. */
  readonly file: Frontend;
  /** Whether it carries traffic. */
  readonly state: FrontendState;
  /** Name of the active pool. */
  readonly activePool: string;
  /** One per backend, in the order of pools and their backends. */
  readonly weights: readonly EffectiveWeight[];
  /** The weights that operators have set and that differ from the file's. */
  readonly byHand: readonly SavedWeight[];
  /** Unix milliseconds since when fail-open lasts; undefined while weights follow health. */
  readonly failOpenSince: number | undefined;
  /** Backends in a slow start, and the part of their weights that they have, in percent. */
  readonly slowStarts: ReadonlyMap<string, number>;
}

/** The checker as other rooms see it. Reads are from memory and cheap. */
export interface CheckerView {
  /** The configuration in force, with the weights of the file. */
  readonly config: Config;
  /** Sorted names. */
  backendNames(): readonly string[];
  /** Sorted names. */
  frontendNames(): readonly string[];
  /** Sorted names. */
  healthcheckNames(): readonly string[];
  /** A backend as it is now, undefined when there is none of that name. */
  backend(name: string): BackendSnapshot | undefined;
  /** Its recent history in figures, undefined when there is none of that name. */
  trend(backend: string): BackendTrend | undefined;
  /** A frontend as it is now, undefined when there is none of that name. */
  frontend(name: string): FrontendSnapshot | undefined;
  /** A health check of the configuration. */
  healthcheck(name: string): HealthCheck | undefined;
  /** What happens, told in order after it took effect. */
  readonly events: EventSource;
  /**
   * Calls `listener` with the result of every finished probe until the returned function is called.
   * On the hot path: it must be cheap and must not throw.
   */
  watchProbes(listener: (backend: string, result: ProbeResult) => void): () => void;
  /** Backends whose probe has been under way for so long, and when it began: Unix milliseconds. */
  runningProbes(forMs: number): ReadonlyMap<string, number>;
}

/** What an operator may do to a backend. */
export type Verb = "pause" | "resume" | "enable" | "disable";

/** Where a weight is. */
export interface WeightPlace {
  readonly frontend: string;
  readonly pool: string;
  readonly backend: string;
}

/** A change by an operator. */
export type Operation =
  | { readonly action: Verb; readonly backend: string }
  | {
    readonly action: "drain";
    readonly backend: string;
    /** Milliseconds after which remaining flows are moved away; undefined: as the frontends say. */
    readonly deadlineMs?: number | undefined;
  }
  | WeightPlace & {
    readonly action: "weight";
    /** 0 to 100. */
    readonly weight: number;
    /** Whether existing flows are to be moved away. */
    readonly flush: boolean;
  }
  /** Returns a backend to the file's values, its weights in all frontends included. */
  | { readonly action: "reset"; readonly backend: string }
  /** Returns one weight, all weights of a frontend, or everything to the file's values. */
  | WeightPlace & { readonly action: "reset-weight" }
  | { readonly action: "reset-frontend"; readonly frontend: string }
  | { readonly action: "reset-all" };

/** What operators may do, `actor` being who asks. Each throws {@link OperatorError}. */
export interface CheckerControl {
  /**
   * Does all of `operations`, in order, or none of them, and returns their effect. The errors are
   * those of the single operations.
   */
  operate(operations: readonly Operation[], actor?: Actor): Outcome;
  /** A dry run of `operate`: returns its effect, and throws what it would throw. */
  foresee(operations: readonly Operation[]): Outcome;
  /** The same as `operate`, for up to a thousand operations; rejects with what that throws. */
  operateMany(operations: readonly Operation[], actor?: Actor): Promise<Outcome>;
  /** The same as `foresee`, for up to a thousand operations; rejects with what that throws. */
  foreseeMany(operations: readonly Operation[]): Promise<Outcome>;
  /**
   * A dry run of `reload`. Rejects when the configuration contradicts itself.
   */
  foreseeReload(config: Config): Promise<ForeseenReload>;
}

/** The effect of a reload. */
export interface ReloadOutcome extends Outcome {
  /** What differs between the two configurations. */
  readonly changes: readonly ConfigChange[];
  /** Why it is refused unless it is forced; absent when it is not. */
  readonly refusal?: string | undefined;
  /** What becomes of values set by operators for which the file has a new value. */
  readonly overrides: readonly EventData<"override">[];
}

/** A reload that was refused because of its effect. */
export class ReloadRefused extends Error {
  /** Tells it from other errors. */
  override readonly name = "ReloadRefused";
  /** `outcome` is the effect that it would have had. */
  constructor(readonly refusal: string, readonly outcome: ReloadOutcome) {
    super(`the reload is refused: ${refusal}`);
  }
}

/** The effect of a dry run of a reload. */
export interface ForeseenReload extends ReloadOutcome {
  /** What VPP would have to hold, as far as is known before new backends are probed. */
  readonly desired: DesiredSource;
}

/** What VPP is to hold: a configuration, and the effective weights of its frontends. */
export interface DesiredSource {
  readonly config: Config;
  /** Sorted. */
  frontendNames(): readonly string[];
  /** Undefined when there is none of that name. */
  frontend(name: string): Pick<FrontendSnapshot, "config" | "weights"> | undefined;
}

/** Told about probes and transitions, for metrics. */
export interface CheckerObserver {
  /** So many probes of this type ended since it was told last. */
  probesDone(backend: string, type: HealthCheck["type"], counts: Counts): void;
  /** A backend changed its state. */
  transition(backend: string, from: BackendState, to: BackendState): void;
  /** A backend is gone: its series may be dropped. */
  removed(backend: string): void;
}

/** Backends that cannot be probed for a lack of our own: what is known of them stands. */
export interface ProbingImpaired {
  /** Unix milliseconds from which on probes could not be made. */
  readonly since: number;
  /** What lacks, as it was told last. */
  readonly reason: string;
  /** How many backends. */
  readonly backends: number;
}

/** How probing keeps up. */
export type CheckerStats = ScheduleStats;
