import type { BackendState, EffectiveWeight, FrontendState } from "./types.ts";

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

/** Looks a backend's state up by its name. */
export type StateOf = (backend: string) => BackendState;

/** Index of the pool that carries traffic: the first with a backend that is up, else the first. */
export function activePool(frontend: WeightedFrontend, stateOf: StateOf): number {
  const index = frontend.pools.findIndex((pool) =>
    pool.backends.some(({ backend }) => stateOf(backend) === "up")
  );
  return Math.max(0, index);
}

/**
 * What VPP is to be told about each backend of a frontend, in the order of pools and their
 * backends (docs/healthchecks.md, "States"). A removed backend has weight 0 here, and its AS goes.
 */
export function effectiveWeights(frontend: WeightedFrontend, stateOf: StateOf): EffectiveWeight[] {
  const active = activePool(frontend, stateOf);
  return frontend.pools.flatMap((pool, index) =>
    pool.backends.map(({ backend, weight }) => {
      const state = stateOf(backend);
      return {
        backend,
        pool: pool.name,
        weight: state === "up" && index === active ? weight : 0,
        flush: isFlushed(state, frontend.flushOnDown),
      };
    })
  );
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

/**
 * A frontend's state: up if any effective weight is above 0, unknown if no backend has left
 * unknown, else down. A frontend whose only live backends are configured with weight 0 is down.
 */
export function frontendState(frontend: WeightedFrontend, stateOf: StateOf): FrontendState {
  const weights = effectiveWeights(frontend, stateOf);
  if (weights.some(({ weight }) => weight > 0)) return "up";
  return weights.every(({ backend }) => stateOf(backend) === "unknown") ? "unknown" : "down";
}
