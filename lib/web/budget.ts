import type { BudgetSpec, SharedBudgetSpec } from "../port/mod.ts";

/** What browsers may cost maglevd-frontend together, besides connections and requests. */
export const webBudgets = {
  answers: {
    name: "web-answer-bytes",
    unit: "bytes",
    limit: 64 * 1024 * 1024,
    reason: "Answers that browsers have not taken yet; what several are sent counts once.",
  },
  ownAnswers: {
    name: "own-web-answer-bytes",
    unit: "bytes",
    limit: 64 * 1024 * 1024,
    reason: "Those to this machine itself, a proxy in front of the page say.",
  },
} as const satisfies Record<string, BudgetSpec>;

/** What one connection may have of either. */
export const mostPerConnection = 32 * 1024 * 1024;

/** Different questions to maglevds that are under way at a time; those who ask the same share one. */
export const questionBudget: SharedBudgetSpec = {
  name: "web-questions",
  unit: "questions to maglevds",
  limit: 32,
  perPrefix: 8,
  reserved: 16,
  reason: "Each keeps a maglevd busy, for which this is a client on its own machine.",
};
