import type { LogAttributes } from "../../log/mod.ts";

/** How much of something all peers together may use. */
export interface BudgetSpec {
  /** The value of the label `budget`, such as `request-bytes`; constant, so that series are few. */
  readonly name: string;
  /** What is counted, such as `bytes`. */
  readonly unit: string;
  /** The most of it that is given out. */
  readonly limit: number;
  /** Why there is a limit, and why this one: a sentence for the documentation. */
  readonly reason: string;
}

/** What is given out of one {@link BudgetSpec}, and how often there was not enough. */
export class Budget {
  readonly #spec: BudgetSpec;
  readonly #onRefused: (budget: Budget, more: LogAttributes) => void;
  #used = 0;
  #refused = 0;

  /** `onRefused` hears of each request that could not be met, and what is known of it. */
  constructor(
    spec: BudgetSpec,
    onRefused: (budget: Budget, more: LogAttributes) => void = () => {},
  ) {
    this.#spec = spec;
    this.#onRefused = onRefused;
  }

  get name(): string {
    return this.#spec.name;
  }

  get unit(): string {
    return this.#spec.unit;
  }

  get limit(): number {
    return this.#spec.limit;
  }

  /** What is given out now. */
  get used(): number {
    return this.#used;
  }

  /** Requests that could not be met, so far. */
  get refused(): number {
    return this.#refused;
  }

  /** Whether there is so much left. */
  has(amount: number): boolean {
    return this.#used + amount <= this.limit;
  }

  /** Takes `amount`, to be given back; false, and nothing is taken, if there is not so much left. */
  take(amount = 1): boolean {
    if (!this.has(amount)) {
      this.refuse();
      return false;
    }
    this.#used += amount;
    return true;
  }

  /**
   * Counts a request that was refused on this budget's account by somebody else's rule. `more` says
   * in the log whose it was, and why.
   */
  refuse(more: LogAttributes = {}): void {
    this.#refused++;
    this.#onRefused(this, more);
  }

  /** Gives back what was taken. */
  give(amount = 1): void {
    if (amount > this.#used) {
      throw new RangeError(`${amount} of budget ${this.name} come back, but ${this.#used} are out`);
    }
    this.#used -= amount;
  }
}
