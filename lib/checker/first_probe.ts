import type { Config, HealthCheck } from "../config/mod.ts";

/** The longest time over which first probes are spread when there is no warm-up. */
const defaultSpreadMs = 1_000;

/**
 * Milliseconds within which the first probe by `check` comes: spread, so that thousands of backends
 * do not move in step, but early enough that all are known before the warm-up is over.
 */
export function firstProbeWithinMs(
  { lb: { startupMaxDelayMs } }: Config,
  check: HealthCheck,
): number {
  const longest = startupMaxDelayMs === 0 ? defaultSpreadMs : startupMaxDelayMs / 4;
  return Math.min(check.fastIntervalMs, longest);
}
