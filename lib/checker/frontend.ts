import type { Frontend, Pool } from "../config/mod.ts";
import {
  activePool,
  effectiveWeights,
  type FrontendState,
  FrontendTally,
  type StateOf,
} from "../health/mod.ts";
import type { BackendEntry, Membership } from "./backend.ts";
import type { FrontendSnapshot } from "./types.ts";

/** A backend in a frontend. */
interface Member {
  readonly backend: BackendEntry;
  readonly membership: Membership;
}

/** Everything known about one frontend. Replaced when the file says something else about it. */
export class FrontendEntry {
  /** With the runtime weights. */
  config: Frontend;
  /** As last announced. */
  state: FrontendState = "unknown";
  /** Every change of a backend goes through it. */
  readonly tally: FrontendTally;
  readonly #members: Member[] = [];
  #snapshot: FrontendSnapshot | undefined;

  constructor(config: Frontend) {
    this.config = config;
    this.tally = new FrontendTally(config.pools.length);
  }

  /** Adds a backend, which counts once `takeOver` was called. */
  join(backend: BackendEntry, pool: number, weight: number): Membership {
    const membership = { frontend: this, pool, weight };
    this.#members.push({ backend, membership });
    return membership;
  }

  /** The places of its backends, in the order of pools and their backends. */
  memberships(): Membership[] {
    return this.#members.map(({ membership }) => membership);
  }

  /** Counts the backends as they are now. To be called once; later they tell what changes. */
  takeOver(): void {
    for (const { backend, membership } of this.#members) {
      this.tally.add(membership.pool, membership.weight, backend.health.state);
    }
  }

  /** Something changed that a snapshot shows. */
  touch(): void {
    this.#snapshot = undefined;
  }

  /** Sets a runtime weight. */
  reweigh(backend: BackendEntry, membership: Membership, weight: number): void {
    this.tally.reweighed(membership.pool, membership.weight, weight, backend.health.state);
    membership.weight = weight;
    const pools = this.config.pools.map((pool, index) =>
      index === membership.pool ? withWeight(pool, backend.name, weight) : pool
    );
    this.config = { ...this.config, pools };
    this.touch();
  }

  /** Puts the weights of `config`, which differs in nothing else, in place of runtime ones. */
  reset(config: Frontend): void {
    const weights = config.pools.flatMap(({ backends }) => backends.map(({ weight }) => weight));
    for (const [i, { backend, membership }] of this.#members.entries()) {
      const weight = weights[i] ?? membership.weight;
      this.tally.reweighed(membership.pool, membership.weight, weight, backend.health.state);
      membership.weight = weight;
    }
    this.config = config;
    this.touch();
  }

  /** What others may see of it; the same object until something changes. */
  snapshot(stateOf: StateOf): FrontendSnapshot {
    return this.#snapshot ??= {
      config: this.config,
      state: this.state,
      activePool: this.config.pools[activePool(this.config, stateOf)]?.name ?? "",
      weights: effectiveWeights(this.config, stateOf),
    };
  }
}

function withWeight(pool: Pool, backend: string, weight: number): Pool {
  const backends = pool.backends.map((member) =>
    member.backend === backend ? { ...member, weight } : member
  );
  return { ...pool, backends };
}
