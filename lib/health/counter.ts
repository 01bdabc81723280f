import type { BackendState } from "./types.ts";

/** How many results in a row change a backend's state; both at least 1. */
export interface RiseFall {
  /** Passes in a row that bring a dead backend up. */
  readonly rise: number;
  /** Failures in a row that take a healthy one down. */
  readonly fall: number;
}

/** How long to wait between probes, in milliseconds. */
export interface ProbeIntervals {
  /** While fully healthy. */
  readonly intervalMs: number;
  /** While unknown or between the extremes. */
  readonly fastIntervalMs: number;
  /** While fully down. */
  readonly downIntervalMs: number;
}

/** The highest value of the counter: a fully healthy backend. */
export function counterMax(check: RiseFall): number {
  return check.rise + check.fall - 1;
}

/** The value on entering `unknown`: one pass leads up, any failure down. */
export function counterStart(check: RiseFall): number {
  return check.rise - 1;
}

/** Whether a counter at this value stands for a backend that is up. */
export function isHealthy(counter: number, check: RiseFall): boolean {
  return counter >= check.rise;
}

/** The counter after one more passed or failed probe: HAProxy's arithmetic. */
export function count(counter: number, passed: boolean, check: RiseFall): number {
  if (passed) return counter + 1 >= check.rise ? counterMax(check) : counter + 1;
  return counter > check.rise ? counter - 1 : 0;
}

/**
 * Milliseconds from one probe to the next, before jitter, of a backend that is being probed:
 * unknown, up or down.
 */
export function nextDelay(
  state: BackendState,
  counter: number,
  check: RiseFall & ProbeIntervals,
): number {
  if (state === "unknown") return check.fastIntervalMs;
  if (counter >= counterMax(check)) return check.intervalMs;
  return counter === 0 ? check.downIntervalMs : check.fastIntervalMs;
}
