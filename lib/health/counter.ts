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
 * The counter of a backend whose verdict is open to the next result: of one that is healthy, one
 * failure takes it down and one pass keeps it up; of one that is not, the reverse.
 */
export function openCounter(healthy: boolean, check: RiseFall): number {
  return healthy ? check.rise : check.rise - 1;
}

/** The counter under another rise and fall: on the same side, and at the end if it was there. */
export function clampCounter(
  counter: number,
  healthy: boolean,
  before: RiseFall,
  check: RiseFall,
): number {
  if (!healthy) return Math.min(counter, check.rise - 1);
  if (counter >= counterMax(before)) return counterMax(check);
  return Math.min(Math.max(counter, check.rise), counterMax(check));
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

/** Delays between probes vary by this share. */
const jitter = 0.1;

/** Within how many milliseconds a check notices that a healthy backend has died, at worst. */
export function noticeMs(
  check: RiseFall & ProbeIntervals & { readonly timeoutMs: number },
): number {
  const { intervalMs, fastIntervalMs, timeoutMs, fall } = check;
  const between = Math.max(fastIntervalMs * (1 + jitter), timeoutMs);
  return intervalMs * (1 + jitter) + (fall - 1) * between + timeoutMs;
}
