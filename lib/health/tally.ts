import type { BackendState, FrontendState } from "./types.ts";

/**
 * The active pool and the state of a frontend, kept up to date one backend at a time: with 10,000
 * backends behind one frontend, asking all of them upon each transition would take seconds when all
 * of them change.
 *
 * - The active pool is the first with a backend that is up and has a configured weight above 0,
 *   else the first.
 * - The frontend is `up` if any effective weight is above 0, `unknown` if none of its backends is
 *   up and one of them is unknown, else `down`.
 */
export class FrontendTally {
  /** Per pool, the sum of the weights of the backends that are up; integers, so it stays exact. */
  readonly #weights: number[];
  #up = 0;
  #unknown = 0;

  /** For a frontend of so many pools, still without backends. */
  constructor(pools: number) {
    this.#weights = Array.from({ length: pools }, () => 0);
  }

  /** Another one that stands as this one does now. */
  copy(): FrontendTally {
    const copy = new FrontendTally(0);
    copy.#weights.push(...this.#weights);
    copy.#up = this.#up;
    copy.#unknown = this.#unknown;
    return copy;
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
    return this.#up === 0 && this.#unknown > 0 ? "unknown" : "down";
  }

  #count(pool: number, weight: number, state: BackendState, sign: 1 | -1): void {
    if (state === "unknown") this.#unknown += sign;
    if (state !== "up") return;
    this.#up += sign;
    this.#weights[pool] = (this.#weights[pool] ?? 0) + sign * weight;
  }
}
