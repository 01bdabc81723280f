import type { Checker, Operation } from "../checker/mod.ts";
import type { Action } from "./actions.ts";
import { operateAsForeseen } from "./foresight.ts";

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
    const operations = operationsOf(checker, action);
    for (const wrong of operateAsForeseen(checker, operations)) blame(wrong);
  } catch (error) {
    if (!isOurs(error)) throw error;
  }
}

function operationsOf(
  checker: Checker,
  action: Exclude<Steering, { readonly do: "many" }>,
): Operation[] {
  switch (action.do) {
    case "operator":
      return [{ action: action.verb, backend: action.backend }];
    case "drain": {
      const { backend, deadlineMs } = action;
      return [{ action: "drain", backend, deadlineMs: deadlineMs || undefined }];
    }
    case "weigh": {
      const { frontend, backend, weight, flush } = action;
      const pool = checker.frontend(frontend)?.config.pools
        .find(({ backends }) => backends.some((member) => member.backend === backend));
      const place = { frontend, pool: pool?.name ?? "", backend };
      return pool ? [{ action: "weight", ...place, weight, flush }] : [];
    }
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && error.name === "CheckerError";
}
