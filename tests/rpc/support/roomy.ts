import { callBudgets, connectionShares } from "../../../lib/rpc/limits.ts";
import { Budget } from "../../../lib/port/budget.ts";
import { Intake } from "../../../lib/rpc/intake.ts";
import { Outbox } from "../../../lib/port/outbox.ts";

/** What adapters count with, as large as it is by default. */
export function usualRoom(): { intake: Intake; outbox: Outbox } {
  const { intake, outbox } = countedRoom();
  return { intake, outbox };
}

/** The same, with what it is counted in. `limits` are those that a test is about. */
export function countedRoom(
  limits: { readonly requests?: number; readonly answers?: number } = {},
) {
  const { requests: r, answers: a } = callBudgets;
  const requests = new Budget({ ...r, limit: limits.requests ?? r.limit });
  const answers = new Budget({ ...a, limit: limits.answers ?? a.limit });
  return {
    requests,
    answers,
    intake: new Intake(requests, connectionShares.requests),
    outbox: new Outbox(answers, connectionShares.answers),
  };
}
