import { isProbed } from "./machine.ts";
import type { BackendState, EffectiveWeight, Standing, Weight } from "./types.ts";

/** What failover needs to know of a pool. */
export interface WeightedPool {
  /** Unique in its frontend. */
  readonly name: string;
  /** Names and configured weights, 0 to 100. */
  readonly backends: readonly { readonly backend: string; readonly weight: number }[];
}

/** What failover needs to know of a frontend: at least one pool, most preferred first. */
export interface WeightedFrontend {
  /** Whether a backend that goes down has its flows moved away. */
  readonly flushOnDown: boolean;
  /** In the order of preference. */
  readonly pools: readonly WeightedPool[];
}

/** Looks up how a backend stands by its name. */
export type StandingOf = (backend: string) => Standing;

/**
 * What VPP is to be told about each backend of a frontend whose active pool is the one with index
 * `active`, in the order of pools and their backends. A removed backend has weight 0 here, and its
 * AS goes.
 */
export function effectiveWeights(
  frontend: WeightedFrontend,
  active: number,
  standingOf: StandingOf,
): EffectiveWeight[] {
  return frontend.pools.flatMap((pool, index) =>
    pool.backends.map(({ backend, weight }) => {
      const standing = standingOf(backend);
      return {
        backend,
        pool: pool.name,
        weight: effectiveWeight(standing, weight, index === active),
        flush: !isOpen(standing) && isFlushed(standing.state, frontend.flushOnDown),
      };
    })
  );
}

/** What VPP is to hold for one backend (docs/healthchecks.md, "States"). */
export function effectiveWeight(
  standing: Standing,
  configured: number,
  isInActivePool: boolean,
): Weight {
  if (isOpen(standing)) return "kept";
  switch (standing.state) {
    case "up":
      return isInActivePool ? configured : 0;
    case "unknown":
    case "paused":
    case "down":
    case "disabled":
    case "removed":
      return 0;
  }
}

/**
 * Why the effective weight of a backend is what it is.
 *
 * - `carries`: it is the configured weight. `zero`: that one is 0.
 * - `not-up`: the backend is not.
 * - `standby`: another pool is the active one.
 * - `kept`: the backend was not probed yet, and has what VPP has for it.
 */
export type WeightReason = "carries" | "zero" | "not-up" | "standby" | "kept";

/** Why {@link effectiveWeight} says what it says. */
export function weightReason(
  standing: Standing,
  configured: number,
  isInActivePool: boolean,
): WeightReason {
  if (effectiveWeight(standing, configured, isInActivePool) === "kept") return "kept";
  if (standing.state !== "up") return "not-up";
  if (!isInActivePool) return "standby";
  return configured === 0 ? "zero" : "carries";
}

/** Whether nothing was found out since the start: VPP has what was true last, or later. */
function isOpen({ state, untested }: Standing): boolean {
  return untested && isProbed(state);
}

/** Whether existing flows are moved away from a backend that enters `state`. */
export function isFlushed(state: BackendState, flushOnDown: boolean): boolean {
  switch (state) {
    case "unknown":
    case "up":
    case "paused":
      return false;
    case "down":
      return flushOnDown;
    case "disabled":
    case "removed":
      return true;
  }
}
