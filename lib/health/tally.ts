import type { Census } from "./fail_open.ts";
import type { FrontendState, PoolRole, Standing } from "./types.ts";

/**
 * What a backend is to its frontend as a whole.
 *
 * - `up`: it carries traffic if its pool does.
 * - `rising`: the same, but it has come up only just now.
 * - `held`: it is down, but carries traffic if its pool is active or held, because of fail-open.
 * - `awaited`: nothing is known of it yet.
 * - `down`: it carries nothing, or nobody knows what.
 * - `out`: somebody has taken it out of service.
 */
export type Role = "up" | "rising" | "held" | "awaited" | "down" | "out";

const roles: readonly Role[] = ["up", "rising", "held", "awaited", "down", "out"];

/** The role of a backend that stands so. */
export function roleOf({ state, drain, held, risen }: Standing): Role {
  if (drain !== undefined) return "out";
  switch (state) {
    case "up":
      return risen === undefined ? "up" : "rising";
    case "unknown":
      return "awaited";
    case "down":
      return held === "configured" ? "held" : "down";
    case "paused":
    case "disabled":
    case "removed":
      return "out";
  }
}

/**
 * The active pool and the state of a frontend, kept up to date one backend at a time: with 10,000
 * backends behind one frontend, asking all of them upon each transition would take seconds when all
 * of them change.
 *
 * - The active pool is the first with a backend that is up, not drained, and has a configured
 *   weight above 0, else the first with one that fail-open holds, else the first.
 * - The held pool is the first with one that fail-open holds.
 * - The frontend is `up` if any effective weight is above 0, `unknown` if none of its backends is
 *   up and one of them is unknown, those that are drained left aside, else `down`.
 */
export class FrontendTally {
  /** By role and pool, the sum of the weights: integers, so it stays exact. */
  readonly #weights: Readonly<Record<Role, number[]>>;
  readonly #counts: Record<Role, number> = forRoles(() => 0);

  /** For a frontend of so many pools, still without backends. */
  constructor(pools: number) {
    this.#weights = forRoles(() => Array.from({ length: pools }, () => 0));
  }

  /** Another one that stands as this one does now. */
  copy(): FrontendTally {
    const copy = new FrontendTally(0);
    for (const role of roles) {
      copy.#weights[role].push(...this.#weights[role]);
      copy.#counts[role] = this.#counts[role];
    }
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
    const { up, rising } = this.#weights;
    const pool = up.findIndex((weight, at) => weight + (rising[at] ?? 0) > 0);
    return Math.max(0, pool < 0 ? this.heldPool : pool);
  }

  /** Index of the pool of which those carry traffic that fail-open holds; -1 if there is none. */
  get heldPool(): number {
    return this.#weights.held.findIndex((weight) => weight > 0);
  }

  /** What the pool with an index is. */
  poolRole(index: number): PoolRole {
    if (index === this.activePool) return "active";
    return index === this.heldPool ? "held" : "standby";
  }

  /** What carries its traffic: the sum of the effective weights that are known. */
  get weight(): number {
    const { up, rising } = this.#weights;
    const pool = this.activePool;
    return (up[pool] ?? 0) + (rising[pool] ?? 0) + this.#heldBeside(pool);
  }

  /** Whether there is somebody who has just come up. */
  get hasRising(): boolean {
    return this.#counts.rising > 0;
  }

  /** Whether somebody would carry a pool's traffic besides those of it that have just come up. */
  isWarm(pool: number): boolean {
    return (this.#weights.up[pool] ?? 0) + this.#heldBeside(pool) > 0;
  }

  /** How the backends stand that are in service. */
  get census(): Census {
    const { up, rising, held, down, awaited } = this.#counts;
    return { up: up + rising, down: down + held, awaited };
  }

  /** The frontend's state. */
  get state(): FrontendState {
    if (this.weight > 0) return "up";
    const { up, awaited } = this.census;
    return up === 0 && awaited > 0 ? "unknown" : "down";
  }

  /** What those carry that are held, if this pool carries traffic. */
  #heldBeside(pool: number): number {
    const { heldPool } = this;
    const { held } = this.#weights;
    return (held[pool] ?? 0) + (heldPool === pool ? 0 : held[heldPool] ?? 0);
  }

  #count(pool: number, weight: number, role: Role, sign: 1 | -1): void {
    this.#counts[role] += sign;
    const weights = this.#weights[role];
    weights[pool] = (weights[pool] ?? 0) + sign * weight;
  }
}

/** The same for each role. */
function forRoles<T>(make: () => T): Record<Role, T> {
  return {
    ...{ up: make(), rising: make(), held: make() },
    ...{ awaited: make(), down: make(), out: make() },
  };
}
