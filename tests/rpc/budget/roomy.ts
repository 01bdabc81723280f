import { callBudgets, connectionShares } from "../../../lib/rpc/budget.ts";
import { Budget } from "../../../lib/rpc/budget/mod.ts";
import { Intake } from "../../../lib/rpc/intake.ts";
import { Outbox } from "../../../lib/rpc/outbox.ts";
import type { WatchBudgets } from "../../../lib/rpc/watch/hub.ts";

/** What adapters count with, as large as it is by default. */
export function usualRoom(): { intake: Intake; outbox: Outbox } {
  return {
    intake: new Intake(new Budget(callBudgets.requests), connectionShares.requests),
    outbox: new Outbox(new Budget(callBudgets.answers), connectionShares.answers),
  };
}

/** What a hub counts with. `limits` are those that a test is about. */
export function watchBudgets(
  limits: Partial<Record<keyof WatchBudgets, number>> = {},
): WatchBudgets {
  const open = (name: keyof WatchBudgets) => {
    const { limit, ...spec } = callBudgets[name];
    return new Budget({ ...spec, limit: limits[name] ?? limit });
  };
  return {
    watchers: open("watchers"),
    debugWatchers: open("debugWatchers"),
    backlog: open("backlog"),
  };
}
