import { type Checker, ReloadRefused } from "../checker/mod.ts";
import type { Action } from "./actions.ts";

/** What operators do in a history. */
export type Steering = Action & { readonly do: "operator" | "drain" | "weigh" };

/** Does what an operator asks for; what is refused is no harm. */
export function steer(checker: Checker, action: Steering): void {
  try {
    if (action.do === "operator") {
      checker[action.verb](action.backend);
      return;
    }
    if (action.do === "drain") {
      const { backend, deadlineMs } = action;
      checker.operate([{ action: "drain", backend, deadlineMs: deadlineMs || undefined }]);
      return;
    }
    const { frontend, backend, weight, flush } = action;
    const pool = checker.frontend(frontend)?.config.pools
      .find(({ backends }) => backends.some((member) => member.backend === backend));
    if (pool) checker.setWeight(frontend, pool.name, backend, weight, flush);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "CheckerError") throw error;
  }
}

/** Whether a reload was refused because of what it would take out; other errors are faults. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof ReloadRefused) return true;
  throw error;
}
