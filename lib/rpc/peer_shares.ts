import type { Budget, BudgetSpec } from "./budget/mod.ts";
import type { PeerPrefix } from "./prefix.ts";

/** How a budget is shared among peers. */
export interface ShareLimits {
  /**
   * For one prefix. This machine's own may have half of all where that is more: whoever runs
   * programs there is no stranger.
   */
  readonly perPrefix: number;
  /** Of all, those that only this machine itself gets: others together never take everything. */
  readonly reserved: number;
}

/** A budget, and how it is shared. */
export interface SharedBudgetSpec extends BudgetSpec, ShareLimits {}

/** Which limit stands in the way of one more: what the prefix may have, or what there is. */
export type Obstacle = "prefix" | "total";

/** Counts who has how much of a budget. */
export class PeerShares {
  readonly #byPrefix = new Map<string, number>();
  #local = 0;

  /** Nobody has anything of the budget yet. */
  constructor(readonly budget: Budget, readonly limits: ShareLimits) {}

  /** Prefixes that have something; others cost nothing. */
  get prefixes(): number {
    return this.#byPrefix.size;
  }

  /** What a prefix has. */
  of({ text }: PeerPrefix): number {
    return this.#byPrefix.get(text) ?? 0;
  }

  /** What a prefix may have. */
  limitOf({ isLocal }: PeerPrefix): number {
    const { perPrefix } = this.limits;
    return isLocal ? Math.max(perPrefix, Math.ceil(this.budget.limit / 2)) : perPrefix;
  }

  /** What keeps a prefix from having one more; undefined if nothing does. */
  obstacle(prefix: PeerPrefix): Obstacle | undefined {
    if (this.of(prefix) >= this.limitOf(prefix)) return "prefix";
    const { used, limit } = this.budget;
    const strangersFull = !prefix.isLocal && used - this.#local >= this.strangersLimit;
    return strangersFull || used >= limit ? "total" : undefined;
  }

  /** What those that are not this machine may have together. */
  get strangersLimit(): number {
    return this.budget.limit - this.limits.reserved;
  }

  /** Says of an obstacle which limit it is. */
  describe(obstacle: Obstacle, prefix: PeerPrefix): string {
    const { unit, limit } = this.budget;
    if (obstacle === "prefix") {
      return `the limit of ${this.limitOf(prefix)} ${unit} of ${prefix.text} is reached`;
    }
    const most = prefix.isLocal ? limit : this.strangersLimit;
    return `the limit of ${most} ${unit} is reached`;
  }

  /** Gives a prefix one more, unless there is an obstacle, which it tells. */
  take(prefix: PeerPrefix): Obstacle | undefined {
    const obstacle = this.obstacle(prefix);
    if (obstacle !== undefined) return obstacle;
    this.budget.take();
    this.#byPrefix.set(prefix.text, this.of(prefix) + 1);
    if (prefix.isLocal) this.#local++;
    return undefined;
  }

  /** One that was taken is free again. */
  giveBack(prefix: PeerPrefix): void {
    this.budget.give();
    const left = this.of(prefix) - 1;
    if (left > 0) this.#byPrefix.set(prefix.text, left);
    else this.#byPrefix.delete(prefix.text);
    if (prefix.isLocal) this.#local--;
  }
}
