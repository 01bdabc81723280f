import { LimitedLog, type LogAttributes, type Logger, type LogRate } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";

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
  readonly name: string;
  readonly unit: string;
  readonly limit: number;
  #used = 0;
  #refused = 0;

  /** `onRefused` hears of each request that could not be met, and what is known of it. */
  constructor(
    { name, unit, limit }: BudgetSpec,
    private readonly onRefused: (budget: Budget, more: LogAttributes) => void = () => {},
  ) {
    this.name = name;
    this.unit = unit;
    this.limit = limit;
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
    this.onRefused(this, more);
  }

  /** Gives back what was taken. */
  give(amount = 1): void {
    if (amount > this.#used) {
      throw new RangeError(`${amount} of budget ${this.name} come back, but ${this.#used} are out`);
    }
    this.#used -= amount;
  }
}

/** How often each budget may say that it refuses: of one, others say nothing. */
const rate: LogRate = { burst: 5, windowMs: 60_000, by: ({ budget }) => String(budget) };

/** All budgets of the process, for metrics; each says in the log when it refuses. */
export class Budgets implements Disposable {
  readonly #budgets = new Map<string, Budget>();
  readonly #warnings: LimitedLog;

  /** `log` hears of refusals, of each budget at a limited rate. */
  constructor(log: Logger, clock: Clock) {
    this.#warnings = new LimitedLog(log, clock, () => rate);
  }

  /** Every budget that was opened, in that order. */
  get all(): Iterable<Budget> {
    return this.#budgets.values();
  }

  /** A budget of its own for `spec`. Throws an Error when there is one of that name already. */
  open(spec: BudgetSpec): Budget {
    if (this.#budgets.has(spec.name)) throw new Error(`there are two budgets ${spec.name}`);
    const budget = new Budget(spec, ({ name, unit, used, limit }, more) => {
      this.#warnings.warn("budget-refused", { budget: name, unit, used, limit, ...more });
    });
    this.#budgets.set(spec.name, budget);
    return budget;
  }

  /** The same for several. */
  openAll<Name extends string>(
    specs: Readonly<Record<Name, BudgetSpec>>,
  ): Readonly<Record<Name, Budget>> {
    const named = Object.entries<BudgetSpec>(specs).map(([name, spec]) => [name, this.open(spec)]);
    return Object.fromEntries(named) as Readonly<Record<Name, Budget>>;
  }

  /** Tells what was refused and not told. */
  [Symbol.dispose](): void {
    this.#warnings[Symbol.dispose]();
  }
}
