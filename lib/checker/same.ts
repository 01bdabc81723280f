import type { HealthCheck } from "../config/mod.ts";

/**
 * Whether two health checks probe alike: every field but the name is the same. A check that was
 * merely renamed needs no restart, which would take its backends out of service for a moment.
 */
export function isSameCheck(a: HealthCheck, b: HealthCheck): boolean {
  return a === b || isSame({ ...a, name: "" }, { ...b, name: "" });
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
