import type { BackendState, FrontendState } from "./types.ts";

interface PoolTally {
  /** Backends that are up. */
  up: number;
  /** The sum of their weights, which are integers, so it stays exact. */
  weight: number;
}

/**
 * The same answers as `activePool` and `frontendState`, kept up to date one backend at a time:
 * with 10,000 backends behind one frontend, asking all of them upon each transition would take
 * seconds when all of them change.
 */
export class FrontendTally {
  readonly #pools: readonly PoolTally[];
  /** Backends in any state but unknown. */
  #known = 0;

  /** For a frontend of so many pools, still without backends. */
  constructor(pools: number) {
    this.#pools = Array.from({ length: pools }, () => ({ up: 0, weight: 0 }));
  }

  /** Takes in a backend that is in `state`. */
  add(pool: number, weight: number, state: BackendState): void {
    this.#count(pool, weight, state, 1);
  }

  /** A backend of this pool and weight went from one state to another. */
  moved(pool: number, weight: number, from: BackendState, to: BackendState): void {
    this.#count(pool, weight, from, -1);
    this.#count(pool, weight, to, 1);
  }

  /** The weight of a backend that is in `state` was changed. */
  reweighed(pool: number, from: number, to: number, state: BackendState): void {
    this.#count(pool, from, state, -1);
    this.#count(pool, to, state, 1);
  }

  /** Index of the pool that carries traffic. */
  get activePool(): number {
    return Math.max(0, this.#pools.findIndex((pool) => pool.up > 0));
  }

  /** The frontend's state. */
  get state(): FrontendState {
    if ((this.#pools[this.activePool]?.weight ?? 0) > 0) return "up";
    return this.#known === 0 ? "unknown" : "down";
  }

  #count(pool: number, weight: number, state: BackendState, sign: 1 | -1): void {
    if (state === "unknown") return;
    this.#known += sign;
    const tally = this.#pools[pool];
    if (state !== "up" || !tally) return;
    tally.up += sign;
    tally.weight += sign * weight;
  }
}
