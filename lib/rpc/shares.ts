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
export class Shares {
  readonly #byPrefix = new Map<string, number>();
  #local = 0;

  /** Nobody has anything of the budget yet. */
  constructor(readonly budget: Budget, readonly limits: ShareLimits) {}

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

  /** Gives a prefix one more, if there is no obstacle. Says whether it has got it. */
  take(prefix: PeerPrefix): boolean {
    if (this.obstacle(prefix) !== undefined || !this.budget.take()) return false;
    this.#byPrefix.set(prefix.text, this.of(prefix) + 1);
    if (prefix.isLocal) this.#local++;
    return true;
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
