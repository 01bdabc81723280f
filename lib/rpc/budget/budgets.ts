import { LimitedLog } from "../../log/mod.ts";
import type { Logger, LogRate } from "../../log/mod.ts";
import type { Clock } from "../../time/mod.ts";
import { Budget } from "./budget.ts";
import type { BudgetSpec } from "./budget.ts";

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

  /** Tells what was refused and not told. */
  [Symbol.dispose](): void {
    this.#warnings[Symbol.dispose]();
  }
}
