import assert from "node:assert/strict";
import type {
  BackendSnapshot,
  CheckerControl,
  CheckerView,
  FrontendSnapshot,
  Verb,
} from "../../lib/checker/mod.ts";
import type { Actor } from "../../lib/events/mod.ts";

/** What operators do to one backend or weight at a time; each tells how that is afterwards. */
export function steer(checker: CheckerView & Pick<CheckerControl, "operate">) {
  const verb = (action: Verb) => (backend: string, actor?: Actor): BackendSnapshot => {
    checker.operate([{ action, backend }], actor);
    return checker.backend(backend) ?? assert.fail(`${backend} is not there`);
  };
  return {
    pause: verb("pause"),
    resume: verb("resume"),
    enable: verb("enable"),
    disable: verb("disable"),
    setWeight(
      frontend: string,
      pool: string,
      backend: string,
      weight: number,
      flush: boolean,
      actor?: Actor,
    ): FrontendSnapshot {
      const action = "weight";
      checker.operate([{ action, frontend, pool, backend, weight, flush }], actor);
      return checker.frontend(frontend) ?? assert.fail(`${frontend} is not there`);
    },
  };
}
