import { type Checker, ReloadRefused } from "../checker/mod.ts";
import type { Action } from "./actions.ts";

/** What operators do in a history. */
export type Steering = Action & { readonly do: "operator" | "drain" | "weigh" | "many" };

/** The backends that are spoken of. */
export function steeredBy(action: Steering): readonly string[] {
  return action.do === "many" ? action.operations.map(({ backend }) => backend) : [action.backend];
}

/** Does what an operator asks for; what is refused is no harm, `blame` hears of what fails. */
export function steer(checker: Checker, action: Steering, blame: (what: string) => void): void {
  try {
    if (action.do === "many") {
      checker.operateMany(action.operations).catch((error) => {
        const isAbandoned = error instanceof Error && error.message.endsWith("is stopping");
        if (!isOurs(error) && !isAbandoned) blame(`many operations failed: ${error}`);
      });
      return;
    }
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
    if (!isOurs(error)) throw error;
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && error.name === "CheckerError";
}

/** Whether a reload was refused because of what it would take out; other errors are faults. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof ReloadRefused) return true;
  throw error;
}
