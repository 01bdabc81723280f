import type { HealthCheck } from "../config/mod.ts";
import type { Recheck } from "../health/mod.ts";
import type { ProbeTarget } from "../probes/mod.ts";

/** What of a check says when and how often to probe and how to count, and not what to do. */
const timing = {
  name: "",
  intervalMs: 0,
  fastIntervalMs: 0,
  downIntervalMs: 0,
  timeoutMs: 0,
  rise: 0,
  fall: 0,
  flap: undefined,
};

/**
 * How two health checks differ; undefined when they probe alike. A check that was merely renamed is
 * the same.
 */
export function checkDifference(a: HealthCheck, b: HealthCheck): Recheck | undefined {
  if (a === b || isSame({ ...a, name: "" }, { ...b, name: "" })) return undefined;
  return isSame({ ...a, ...timing }, { ...b, ...timing }) ? "timing" : "target";
}

/** How two checks differ, as {@link checkDifference}. */
export type CheckComparison = typeof checkDifference;

/** Whether what was found out at one target is true of the other, if they have the same address. */
export function isProbedAlike(
  a: ProbeTarget,
  b: ProbeTarget,
  compare: CheckComparison = checkDifference,
): boolean {
  return a.netns === b.netns && compare(a.check, b.check) !== "target";
}

/** Whether two values of plain data are alike; a field that is undefined is one that is missing. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isRecord(a) || !isRecord(b)) return false;
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  }
  for (const key in a) if (!isSame(a[key], b[key])) return false;
  for (const key in b) if (!(key in a) && b[key] !== undefined) return false;
  return true;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
