import type { PoolRole, Standing } from "./types.ts";
import { judgeWeight, type Verdict } from "./weight.ts";

/** What VPP is to be told about one backend of one frontend, and why. */
export interface EffectiveWeight extends Verdict {
  /** Name of the backend. */
  readonly backend: string;
  /** Name of the pool that it stands in. */
  readonly pool: string;
}

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

/** Looks up what the pool with an index is. */
export type PoolRoleOf = (pool: number) => PoolRole;

/**
 * What VPP is to be told about each backend of a frontend, in the order of pools and their backends. A removed backend has weight 0 here, and its
 * AS goes.
 */
export function effectiveWeights(
  { pools, flushOnDown }: WeightedFrontend,
  poolRoleOf: PoolRoleOf,
  standingOf: StandingOf,
): EffectiveWeight[] {
  return pools.flatMap((pool, index) =>
    pool.backends.map(({ backend, weight: configured }) => {
      const standing = standingOf(backend);
      const verdict = judgeWeight({
        ...{ standing, configured, flushOnDown },
        pool: poolRoleOf(index),
      });
      return { backend, pool: pool.name, ...verdict };
    })
  );
}
