/** What all peers together may use: limits that are counted, and told as metrics. */
export { Budget } from "./budget.ts";
export type { BudgetSpec } from "./budget.ts";
export { Budgets } from "./budgets.ts";
export { Shares } from "./shares.ts";
