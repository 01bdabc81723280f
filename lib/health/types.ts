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

/** What VPP is to be told about one backend of one frontend. */
export interface EffectiveWeight {
  /** Name of the backend. */
  readonly backend: string;
  /** Name of the pool that it stands in. */
  readonly pool: string;
  /** 0 to 100. */
  readonly weight: number;
  /** Whether entering this condition also moves existing flows away. */
  readonly flush: boolean;
}
