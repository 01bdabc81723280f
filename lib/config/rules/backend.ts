import { childPath, show } from "../path.ts";
import type { ProblemList } from "../problem_list.ts";
import type { BackendSpec } from "../schema/backend.ts";
import type { SectionOf } from "../spec.ts";
import type { Suggester } from "../suggest.ts";
import type { Backend } from "../types.ts";
import { checkUnicast } from "./unicast.ts";

/** The backend that a section describes, or undefined when something required is missing. */
export function backend(
  name: string,
  section: SectionOf<BackendSpec>,
  healthchecks: ReadonlyMap<string, unknown>,
  problems: ProblemList,
  suggester: Suggester,
): Backend | undefined {
  const { address, healthcheck, enabled } = section.values;
  const { places, path, at } = section;
  if (address) {
    const where = childPath(path, "address");
    checkUnicast(address, places.address ?? at, where, "semantic", problems);
  }
  if (healthcheck !== undefined && !healthchecks.has(healthcheck)) {
    const hint = suggester.hint(healthcheck, healthchecks.keys());
    const message = `no health check is named ${show(healthcheck)}${hint}`;
    problems.add("semantic", places.healthcheck ?? at, childPath(path, "healthcheck"), message);
  }
  if (!address || healthcheck === undefined) return undefined;
  return { name, address, healthcheck, enabled };
}
