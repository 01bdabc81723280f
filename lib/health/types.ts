/** The states of a backend (docs/healthchecks.md, "States"). */
export const backendStates = [
  "unknown",
  "up",
  "down",
  "paused",
  "disabled",
  "removed",
] as const;

/** One of {@link backendStates}. */
export type BackendState = (typeof backendStates)[number];

/** The states of a frontend. */
export const frontendStates = ["unknown", "up", "down"] as const;

/** One of {@link frontendStates}. */
export type FrontendState = (typeof frontendStates)[number];

/** One change of state. In the snapshot that opens an event stream from == to and at == 0. */
export interface Transition<State extends string = string> {
  /** The state left. */
  readonly from: State;
  /** The state entered. */
  readonly to: State;
  /** Unix time in milliseconds, with fractions. */
  readonly at: number;
  /** What the probe saw that led to it; absent where something else did. */
  readonly because?: { readonly code: string; readonly detail: string };
}

/** How a backend stands: what its weight depends on besides what is configured. */
export interface Standing {
  /** Where the state machine stands. */
  readonly state: BackendState;
  /** maglevd has just been started: it was neither probed nor steered yet. */
  readonly untested: boolean;
  /** An operator has it drained; absent when not. */
  readonly drain?: DrainPhase | undefined;
  /** It is kept down for a while because it flaps, whatever its probes say. */
  readonly isFlapping?: boolean | undefined;
  /** What its frontend's fail-open leaves to it if it is down; absent while there is none. */
  readonly held?: Held | undefined;
  /**
   * How much of its weight it has since it came up, in percent; 100 while it has all of it but came
   * up only just now. Absent where it does not start slowly.
   */
  readonly risen?: number | undefined;
}

/**
 * What fail-open leaves to a backend that is down: the weight that is configured, what VPP has for
 * it, or nothing, since it was not in use before.
 */
export type Held = "configured" | "kept" | "nothing";

/**
 * What a pool is to its frontend: `active`, it carries the traffic; `held`, those of it that fail-open
 * holds carry some besides; `standby`, it carries nothing.
 */
export type PoolRole = "active" | "held" | "standby";

/** How far a drain is: `overdue` when what is left of the flows is to be moved away. */
export type DrainPhase = "draining" | "overdue";

/**
 * What VPP is to hold for a server: 0 to 100, or `kept`, which is whatever VPP has for it. Who knows
 * nothing yet takes nobody out of service.
 */
export type Weight = number | "kept";

/** The history with one more transition: newest first, at most `limit` of them. */
export function remember<State extends string>(
  history: readonly Transition<State>[],
  transition: Transition<State>,
  limit: number,
): readonly Transition<State>[] {
  return [transition, ...history.slice(0, Math.max(0, limit - 1))];
}
