/** The states of a backend: SPEC section 2. */
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
  readonly from: State;
  readonly to: State;
  /** Unix time in milliseconds, with fractions. */
  readonly at: number;
}

/** What VPP is to be told about one backend of one frontend. */
export interface EffectiveWeight {
  readonly backend: string;
  readonly pool: string;
  /** 0 to 100. */
  readonly weight: number;
  /** Whether entering this condition also moves existing flows away. */
  readonly flush: boolean;
}
