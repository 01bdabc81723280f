import type { FrontendState, Standing } from "./types.ts";

/**
 * What a backend is to its frontend as a whole.
 *
 * - `up`: it carries traffic if its pool does.
 * - `awaited`: nothing is known of it yet.
 * - `out`: it carries nothing, whatever the pool.
 */
export type Role = "up" | "awaited" | "out";

/** The role of a backend that stands so. */
export function roleOf({ state, drain }: Standing): Role {
  if (drain !== undefined) return "out";
  return state === "up" ? "up" : state === "unknown" ? "awaited" : "out";
}

/**
 * The active pool and the state of a frontend, kept up to date one backend at a time: with 10,000
 * backends behind one frontend, asking all of them upon each transition would take seconds when all
 * of them change.
 *
 * - The active pool is the first with a backend that is up, not drained, and has a configured
 *   weight above 0, else the first.
 * - The frontend is `up` if any effective weight is above 0, `unknown` if none of its backends is
 *   up and one of them is unknown, those that are drained left aside, else `down`.
 */
export class FrontendTally {
  /** Per pool, the sum of the weights of the backends that are up; integers, so it stays exact. */
  readonly #weights: number[];
  #up = 0;
  #awaited = 0;

  /** For a frontend of so many pools, still without backends. */
  constructor(pools: number) {
    this.#weights = Array.from({ length: pools }, () => 0);
  }

  /** Another one that stands as this one does now. */
  copy(): FrontendTally {
    const copy = new FrontendTally(0);
    copy.#weights.push(...this.#weights);
    copy.#up = this.#up;
    copy.#awaited = this.#awaited;
    return copy;
  }

  /** Takes in a backend. */
  add(pool: number, weight: number, role: Role): void {
    this.#count(pool, weight, role, 1);
  }

  /** A backend of this pool and weight went from one role to another. */
  moved(pool: number, weight: number, from: Role, to: Role): void {
    this.#count(pool, weight, from, -1);
    this.#count(pool, weight, to, 1);
  }

  /** The weight of a backend was changed. */
  reweighed(pool: number, from: number, to: number, role: Role): void {
    this.#count(pool, from, role, -1);
    this.#count(pool, to, role, 1);
  }

  /** Index of the pool that carries traffic, or would. */
  get activePool(): number {
    return Math.max(0, this.#weights.findIndex((weight) => weight > 0));
  }

  /** What carries its traffic: the sum of the effective weights that are known. */
  get weight(): number {
    return this.#weights[this.activePool] ?? 0;
  }

  /** The frontend's state. */
  get state(): FrontendState {
    if (this.weight > 0) return "up";
    return this.#up === 0 && this.#awaited > 0 ? "unknown" : "down";
  }

  #count(pool: number, weight: number, role: Role, sign: 1 | -1): void {
    if (role === "awaited") this.#awaited += sign;
    if (role !== "up") return;
    this.#up += sign;
    this.#weights[pool] = (this.#weights[pool] ?? 0) + sign * weight;
  }
}
