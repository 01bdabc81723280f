import type { ProblemList } from "./problem_list.ts";
import { checkAddresses } from "./rules/addresses.ts";
import { backend, frontend } from "./rules/frontend.ts";
import { healthCheck } from "./rules/health_check.ts";
import { lbConfig } from "./rules/lb.ts";
import { checkServers, checkUnique, checkVips, type PlacedFrontend } from "./rules/vip.ts";
import { findWarnings } from "./rules/warnings.ts";
import type { MaglevSection } from "./schema.ts";
import type { Suggester } from "./suggest.ts";
import type { Backend, Config, HealthCheck } from "./types.ts";

/**
 * Applies the rules that look at more than one value, and makes the domain's objects on the way.
 * Whatever is missing or wrong is in `problems`; only without problems is the result whole.
 */
export function validate(
  { values }: MaglevSection,
  problems: ProblemList,
  suggester: Suggester,
): Config | undefined {
  const healthchecks = new Map<string, HealthCheck>();
  for (const [name, section] of values.healthchecks) {
    const check = healthCheck(name, section, problems);
    if (check) healthchecks.set(name, check);
  }
  const backends = new Map<string, Backend>();
  for (const [name, section] of values.backends) {
    const made = backend(name, section, values.healthchecks, problems, suggester);
    if (made) backends.set(name, made);
  }
  const placed: PlacedFrontend[] = [];
  const around = { backends: values.backends, problems, suggester };
  for (const [name, section] of values.frontends) {
    const made = frontend(name, section, around);
    checkServers(name, section, values.backends, problems);
    if (made) placed.push({ frontend: made, section });
  }
  checkUnique(placed, problems);
  checkVips(placed, values.backends, problems);
  checkAddresses(values, problems);
  const lb = lbConfig(values.vpp.values.lb, problems);
  if (problems.isEmpty) findWarnings(values, problems);
  const general = values.healthchecker.values;
  return lb && {
    transitionHistory: general["transition-history"],
    stateMaxAgeMs: general["state-max-age"],
    netns: general.netns,
    maxRemovalsPercent: Number.parseInt(values.safety.values["max-removals"]),
    lb,
    healthchecks,
    backends,
    frontends: new Map(placed.map((one) => [one.frontend.name, one.frontend])),
  };
}
