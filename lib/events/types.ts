import type { ConfigChange } from "../config/mod.ts";
import type { BackendState, FrontendState, Transition, Weight } from "../health/mod.ts";

/**
 * Why something happened.
 *
 * - `probe`: what a probe saw.
 * - `operator`: somebody asked for it; the event's `actor` says who.
 * - `config`: the configuration was reloaded.
 * - `pool`: another pool of the frontend took over.
 * - `safety`: an automatic safety measure.
 * - `vpp`: VPP, or the connection to it.
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

/** Why what an operator asked for was not done; the message is a sentence for the operator. */
export class OperatorError extends Error {
  /** Tells it from other errors. */
  override readonly name = "OperatorError";
  /** `message` says what was asked for, of what, and why it was not done. */
  constructor(
    /** What the API answers with. */
    readonly kind: "not-found" | "failed-precondition" | "invalid-argument" | "unavailable",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A weight in an event; `absent`: the backend is not in the pool. */
export type ToldWeight = Weight | "absent";

/** A weight before and after; equal where the event is about something else. */
export interface WeightChange {
  /** Before. */
  readonly from: ToldWeight;
  /** Since. */
  readonly to: ToldWeight;
}

/** What events tell, by kind. */
export interface EventFields {
  /** A backend changed its state. */
  readonly backend: {
    readonly backend: string;
    readonly address: string;
    readonly transition: Transition<BackendState>;
    /** The frontends that use it, sorted. */
    readonly frontends: readonly string[];
  };
  /** A frontend changed its state, or is gone. */
  readonly frontend: {
    readonly frontend: string;
    readonly address: string;
    readonly transition: Transition<FrontendState | "removed">;
    /** Name of the active pool. */
    readonly activePool: string;
  };
  /** The active pool of a frontend changed. */
  readonly pool: {
    readonly frontend: string;
    readonly address: string;
    /** Names of pools. */
    readonly from: string;
    readonly to: string;
  };
  /** A configured or effective weight changed, or both. */
  readonly weight: {
    readonly frontend: string;
    readonly pool: string;
    readonly backend: string;
    /** By the file or an operator. */
    readonly configured: WeightChange;
    /** After health and pool failover. */
    readonly effective: WeightChange;
    /** Whether an operator asked for existing flows to be moved away. */
    readonly flush: boolean;
  };
  /** A reload of the configuration. */
  readonly reload:
    | {
      readonly result: "applied";
      /** Against the one before, in order. */
      readonly changes: readonly ConfigChange[];
    }
    | {
      readonly result: "rejected";
      /** Where it failed: reading, checking, what it takes out of service, applying. */
      readonly stage: "parse" | "semantic" | "safety" | "apply";
      /** All problems, a line each. */
      readonly reason: string;
      /** What it would have changed, in order, where it was refused because of that. */
      readonly changes?: readonly ConfigChange[];
    };
  /** A call by an operator. Its effects follow as events with the same actor. */
  readonly operator: {
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
  };
  /** A reload brought a new value for something that an operator had set: the file decides now. */
  readonly override: {
    readonly backend: string;
    /** Of a weight; empty for a state. */
    readonly frontend: string;
    readonly pool: string;
    /** The operator's value: a weight, `enabled` or `disabled`. */
    readonly byHand: string;
    /** The file's value before and now; `none` if what it was about is gone. */
    readonly file: { readonly from: string; readonly to: string };
  };
  /**
   * The connection to VPP, or what VPP holds, changed.
   *
   * - `connected`, `lost`.
   * - `in-step`: VPP holds the desired state. `out-of-step`: it does not; `detail` says what differs.
   * - `altered`: another program changed what maglevd manages; `detail` says what.
   */
  readonly vpp: {
    readonly change: "connected" | "lost" | "in-step" | "out-of-step" | "altered";
    readonly detail: string;
    /** More for the log record, such as VPP's version. */
    readonly attributes?: Readonly<Record<string, string | number | boolean | undefined>>;
  };
  /**
   * A drain: a backend gets no new flows, and existing ones may end by themselves.
   *
   * - `begun`, `ended`: by an operator.
   * - `overdue`: its deadline has passed in these frontends, and remaining flows are moved away.
   * - `drained`: no flows are left, as far as is known.
   */
  readonly drain: {
    readonly change: "begun" | "overdue" | "drained" | "ended";
    readonly backend: string;
    /** Sorted. */
    readonly frontends: readonly string[];
    /** For people; may be empty. */
    readonly detail: string;
  };
  /** An automatic safety measure began or ended. */
  readonly safety: {
    /**
     * - `fail-open`: a frontend keeps the weights last in use, whatever health says.
     * - `slow-start`: a backend that came up gets its weight in the frontend in steps.
     * - `flap-hold`: a backend is held down because it changed its state too often.
     */
    readonly measure: "fail-open" | "slow-start" | "flap-hold";
    readonly change: "begun" | "ended";
    /** What it is about; empty where it does not apply. */
    readonly frontend: string;
    readonly backend: string;
    /** For people, such as `1 of 4 backends in service up, fail-open is 50%`. */
    readonly detail: string;
  };
  /** maglevd lacks resources to make probes, or has them again. */
  readonly probing: {
    readonly change: "impaired" | "restored";
    /** The lack, such as `out of file descriptors`; when restored, how many probes it cost. */
    readonly detail: string;
  };
  /**
   * A call that changes something, or one that was refused. The event's actor made it; its effects
   * are other events with the same actor.
   */
  readonly audit: {
    /** The role of the caller. */
    readonly role: string;
    /** What was called, such as `DisableBackend`. */
    readonly method: string;
    /** Such as `backend web1`; may be empty. */
    readonly target: string;
    /** The target before and after; empty if not known. */
    readonly before: string;
    readonly after: string;
    /** `OK`, or the name of a gRPC status: `PermissionDenied` where it was refused. */
    readonly result: string;
    /** Why it was not done; empty if it was. */
    readonly reason: string;
  };
}

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
] as const satisfies readonly EventKind[];

/** One of {@link eventKinds}. */
export type EventKind = keyof EventFields;

/** What an event of one of these kinds tells. */
export type EventData<Kind extends EventKind = EventKind> = {
  [Each in Kind]: { readonly kind: Each } & EventFields[Each];
}[Kind];

/** Why, and at whose request. */
export interface Reason {
  readonly cause: Cause;
  /** Set when somebody asked for it. */
  readonly actor?: Actor | undefined;
}

/** An event that is not on the stream yet. */
export type NewEvent = EventData & Reason;

/** An event on the stream. */
export type MaglevEvent = NewEvent & {
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
  emit(events: readonly NewEvent[]): void;
}

/** The same reason for all of `events`. */
export function because(reason: Reason, events: readonly EventData[]): NewEvent[] {
  const { cause, actor } = reason;
  return events.map((each) => ({ ...each, cause, actor }));
}

/** Of what a safety measure does by itself. */
export const safetyReason: Reason = { cause: { kind: "safety" } };
