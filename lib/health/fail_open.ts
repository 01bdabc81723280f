import type { Held } from "./types.ts";

/**
 * When a frontend stops believing that its backends are down: `never`, when all of them are, or
 * when fewer than so many percent of them are up, 1 to 100.
 */
export type FailOpen = "never" | "all-down" | number;

/** How many backends of a frontend stand how, of those that nobody has taken out of service. */
export interface Census {
  readonly up: number;
  readonly down: number;
  /** Nothing is known of them yet. */
  readonly awaited: number;
}

/**
 * Whether weights keep to who was last in use instead of following health. Who is awaited may be
 * up, which is enough not to begin, but not to end it: else whoever adds a server while the prober
 * is blind would end it.
 */
export function failsOpen(
  setting: FailOpen,
  { up, down, awaited }: Census,
  isOpen: boolean,
): boolean {
  if (setting === "never") return false;
  const all = up + down + awaited;
  const likely = isOpen ? up : up + awaited;
  if (setting === "all-down") return all > 0 && likely === 0;
  return likely * 100 < setting * all;
}

/** When a backend last carried traffic of a frontend, before its check failed. */
export interface LastUse {
  /** By the clock that is never set, in milliseconds; Infinity: it does now, -Infinity: long ago. */
  readonly until: number;
  /** `kept`: with what VPP had for it, which nobody but VPP knows. */
  readonly weight: "configured" | "kept";
}

/** What fail-open leaves to a backend if it counts who was in use since `from` of the same clock. */
export function heldBy(lastUse: LastUse | undefined, from: number): Held {
  return lastUse && lastUse.until >= from ? lastUse.weight : "nothing";
}

/**
 * When a backend is in use, given its weight and whether it has just lost it to a failing check:
 * what anybody takes out of service on purpose was not in use when it is asked for.
 */
export function nextLastUse(
  before: LastUse | undefined,
  weight: number | "kept",
  isDown: boolean,
  now: number,
): LastUse | undefined {
  // What VPP has is what it had: nothing new is known.
  if (weight === "kept") return before;
  if (weight > 0) return inUse;
  if (!isDown) return undefined;
  return before?.until === Infinity ? { ...before, until: now } : before;
}

/** It carries traffic with its own weight. */
export const inUse: LastUse = { until: Infinity, weight: "configured" };

/** Nothing is known of it: it carries what VPP gives it. */
export const presumedInUse: LastUse = { until: Infinity, weight: "kept" };
