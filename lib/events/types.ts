import type { ConfigChange } from "../config/mod.ts";
import type { BackendState, FrontendState, Transition, Weight } from "../health/mod.ts";

/**
 * Why something happened.
 *
 * - `probe`: what a probe saw.
 * - `operator`: somebody asked for it; the event's `actor` says who.
 * - `config`: the configuration was loaded anew.
 * - `pool`: another pool of the frontend took over.
 * - `safety`: what keeps traffic safe, by itself.
 * - `vpp`: VPP, or the way to it.
 * - `start`: maglevd was started.
 */
export type Cause =
  | { readonly kind: "probe"; readonly code: string; readonly detail: string }
  | { readonly kind: "operator" | "config" | "pool" | "safety" | "vpp" | "start" };

/** Who asked for something. */
export interface Actor {
  /** As authenticated; `operator` where nobody is asked for a name. */
  readonly name: string;
  /** Where the request came from, such as `192.0.2.7:41234` or `SIGHUP`. */
  readonly from: string;
}

/** A weight that an event tells about; `absent` is that of a backend that does not stand there. */
export type ToldWeight = Weight | "absent";

/** From what to what a weight went; alike where the event is about something else. */
export interface WeightChange {
  /** Before. */
  readonly from: ToldWeight;
  /** Since. */
  readonly to: ToldWeight;
}

/** A backend changed its state. */
export interface BackendHappening {
  readonly kind: "backend";
  readonly backend: string;
  readonly address: string;
  readonly transition: Transition<BackendState>;
  /** The frontends that use it, sorted. */
  readonly frontends: readonly string[];
}

/** A frontend changed its state, or is gone. */
export interface FrontendHappening {
  readonly kind: "frontend";
  readonly frontend: string;
  readonly address: string;
  readonly transition: Transition<FrontendState | "removed">;
  /** Name of the pool that carries its traffic, or would. */
  readonly activePool: string;
}

/** Another pool carries the traffic of a frontend, or would if it had any. */
export interface PoolHappening {
  readonly kind: "pool";
  readonly frontend: string;
  readonly address: string;
  /** Names of pools. */
  readonly from: string;
  readonly to: string;
}

/** A weight changed: the configured one, or what VPP is to be told, or both. */
export interface WeightHappening {
  readonly kind: "weight";
  readonly frontend: string;
  readonly pool: string;
  readonly backend: string;
  /** By the file or an operator. */
  readonly configured: WeightChange;
  /** After health and pool failover. */
  readonly effective: WeightChange;
  /** Whether an operator asked for existing flows to be moved away. */
  readonly flush: boolean;
}

/** The configuration was loaded anew, or could not be. */
export type ReloadHappening =
  | {
    readonly kind: "reload";
    readonly result: "applied";
    /** Against the one before, in order. */
    readonly changes: readonly ConfigChange[];
  }
  | {
    readonly kind: "reload";
    readonly result: "rejected";
    /** What it did not get through: reading, checking, what it takes out, putting it into force. */
    readonly stage: "parse" | "semantic" | "safety" | "apply";
    /** All problems, a line each. */
    readonly reason: string;
    /** What it would have changed, in order, where it was refused because of that. */
    readonly changes?: readonly ConfigChange[];
  };

/** Somebody steered maglevd. What it led to follows, with the same actor. */
export interface OperatorHappening {
  readonly kind: "operator";
  readonly action:
    | "pause"
    | "resume"
    | "enable"
    | "disable"
    | "drain"
    | "weight"
    | "reset"
    | "sync";
  /** What it was about; empty where it does not apply. */
  readonly backend: string;
  readonly frontend: string;
  /** For people, such as `weight 100 -> 50, flush`; may be empty. */
  readonly detail: string;
}

/**
 * The file says something new about what an operator had said otherwise.
 *
 * - `ended`: what the file says counts from now on.
 * - `kept`: the operator's does still.
 */
export interface OverrideHappening {
  readonly kind: "override";
  readonly change: "ended" | "kept";
  readonly backend: string;
  /** Where a weight is; empty for what is said of the backend itself. */
  readonly frontend: string;
  readonly pool: string;
  /** What the operator had said: a weight, `enabled` or `disabled`. */
  readonly byHand: string;
  /** What the file said, and says; `none` where there is nothing any more that it could be about. */
  readonly file: { readonly from: string; readonly to: string };
}

/**
 * What became of VPP, or of the way to it.
 *
 * - `connected`, `lost`.
 * - `in-step`: VPP holds all that is desired. `out-of-step`: it does not, and `detail` says what.
 * - `altered`: somebody else changed what maglevd looks after; `detail` says what.
 */
export interface VppHappening {
  readonly kind: "vpp";
  readonly change: "connected" | "lost" | "in-step" | "out-of-step" | "altered";
  readonly detail: string;
  /** More for the log record, such as VPP's version. */
  readonly attributes?: Readonly<Record<string, string | number | boolean | undefined>>;
}

/**
 * A drain: no new flows for a backend, while those that it has may end by themselves.
 *
 * - `begun`, `ended`: somebody asked for it.
 * - `overdue`: its deadline is over in these frontends, and what is left is moved away.
 * - `drained`: nothing is left, as far as can be known.
 */
export interface DrainHappening {
  readonly kind: "drain";
  readonly change: "begun" | "overdue" | "drained" | "ended";
  readonly backend: string;
  /** Sorted. */
  readonly frontends: readonly string[];
  /** For people; may be empty. */
  readonly detail: string;
}

/** A measure that keeps traffic safe by itself has begun or ended. */
export interface SafetyHappening {
  readonly kind: "safety";
  /**
   * - `fail-open`: a frontend's weights keep to who was last in use, and do not follow health.
   * - `slow-start`: a backend that came up gets its weight in the frontend in steps.
   * - `flap-hold`: a backend stays down for a while because it changed its state too often.
   */
  readonly measure: "fail-open" | "slow-start" | "flap-hold";
  readonly change: "begun" | "ended";
  /** What it is about; empty where it does not apply. */
  readonly frontend: string;
  readonly backend: string;
  /** For people, such as `1 of 4 backends in service up, fail-open is 50%`. */
  readonly detail: string;
}

/** Probes cannot be made for a lack of maglevd's own, or can again. */
export interface ProbingHappening {
  readonly kind: "probing";
  readonly change: "impaired" | "restored";
  /** What lacks, such as `out of file descriptors`; when restored, how many probes it cost. */
  readonly detail: string;
}

/**
 * Somebody called for a change, or for something else that it may not have: who did is the event's
 * actor. What came of a change is told by other events, with the same actor.
 */
export interface AuditHappening {
  readonly kind: "audit";
  /** What whoever called may do. */
  readonly role: string;
  /** What was called, such as `DisableBackend`. */
  readonly method: string;
  /** What it was about, such as `backend web1`; may be empty. */
  readonly target: string;
  /** How that was before, and after it; empty where it is not known. */
  readonly before: string;
  readonly after: string;
  /** `OK`, or the name of a gRPC status: `PermissionDenied` where it was refused. */
  readonly result: string;
  /** Why it was not done; empty if it was. */
  readonly reason: string;
}

/** What can happen, told apart by `kind`. */
export type Happening =
  | BackendHappening
  | FrontendHappening
  | PoolHappening
  | WeightHappening
  | ReloadHappening
  | OperatorHappening
  | OverrideHappening
  | DrainHappening
  | SafetyHappening
  | VppHappening
  | ProbingHappening
  | AuditHappening;

/** The kinds of event. */
export const eventKinds = [
  "backend",
  "frontend",
  "pool",
  "weight",
  "reload",
  "operator",
  "override",
  "drain",
  "safety",
  "vpp",
  "probing",
  "audit",
] as const satisfies readonly Happening["kind"][];

/** One of {@link eventKinds}. */
export type EventKind = Happening["kind"];

/** Why, and at whose request. */
export interface Reason {
  readonly cause: Cause;
  /** Set when somebody asked for it. */
  readonly actor?: Actor | undefined;
}

/** Something that happened, and why. */
export type ReasonedHappening = Happening & Reason;

/** Something that happened, on the stream. */
export type MaglevEvent = ReasonedHappening & {
  /** 1 for the first since the start of maglevd, without gaps. */
  readonly seq: number;
  /** Unix milliseconds. */
  readonly at: number;
};

/** Hears what happens. */
export interface EventSource {
  /** Calls `listener` for each later event, in order, until the returned function is called. */
  subscribe(listener: (event: MaglevEvent) => void): () => void;
  /** The number of the last event; 0 before the first. */
  readonly lastSeq: number;
}

/** Tells what happens. */
export interface EventSink {
  /** Adds events that belong together: nothing comes between them. */
  emit(happenings: readonly ReasonedHappening[]): void;
}

/** The same reason for all of `happenings`. */
export function because(reason: Reason, happenings: readonly Happening[]): ReasonedHappening[] {
  const { cause, actor } = reason;
  return happenings.map((each) => actor ? { ...each, cause, actor } : { ...each, cause });
}

/** Of what a measure that keeps traffic safe does by itself: nobody asked for it at that moment. */
export const safetyReason: Reason = { cause: { kind: "safety" } };
