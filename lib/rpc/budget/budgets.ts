import { LimitedLog } from "../../log/mod.ts";
import type { Logger } from "../../log/mod.ts";
import type { Clock } from "../../time/mod.ts";
import { Budget } from "./budget.ts";
import type { BudgetSpec } from "./budget.ts";

/** All budgets of the process, for metrics; each says in the log when it refuses. */
export class Budgets {
  readonly #budgets = new Map<string, Budget>();
  readonly #log: Logger;
  readonly #clock: Clock;

  /** `log` hears of refusals, one of each budget in a while. */
  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Every budget that was opened, in that order. */
  get all(): Iterable<Budget> {
    return this.#budgets.values();
  }

  /** A budget of its own for `spec`. Throws an Error when there is one of that name already. */
  open(spec: BudgetSpec): Budget {
    if (this.#budgets.has(spec.name)) throw new Error(`there are two budgets ${spec.name}`);
    // Each has its own limit on records: that one refuses says nothing of the others.
    const warnings = new LimitedLog(this.#log, this.#clock);
    const budget = new Budget(spec, ({ name, unit, used, limit }, more) => {
      warnings.warn("budget-refused", { budget: name, unit, used, limit, ...more });
    });
    this.#budgets.set(spec.name, budget);
    return budget;
  }
}
