import type { Budget } from "./budget.ts";

/** A budget of which no connection gets more than its share. */
export class Shares {
  /** What each connection has; who has nothing costs nothing. */
  readonly #used = new WeakMap<object, number>();

  /** `most` is the share of one connection, in the budget's unit. */
  constructor(private readonly budget: Budget, private readonly most: number) {}

  /** What `connection` has now. */
  used(connection: object): number {
    return this.#used.get(connection) ?? 0;
  }

  /** Takes `amount` for a connection; false, and nothing is taken, if there is not so much left. */
  take(connection: object, amount: number): boolean {
    const used = this.used(connection) + amount;
    if (used > this.most) {
      this.budget.refuse();
      return false;
    }
    if (!this.budget.take(amount)) return false;
    this.#used.set(connection, used);
    return true;
  }

  /** Gives back what was taken for a connection. */
  give(connection: object, amount: number): void {
    this.budget.give(amount);
    this.#used.set(connection, this.used(connection) - amount);
  }
}
