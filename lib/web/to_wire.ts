import type { Wire } from "./wire.ts";

/** A message as it travels: see {@link Wire}. */
export function toWire<T>(message: T): Wire<T> {
  return convert(message) as Wire<T>;
}

function convert(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(convert);
  if (typeof value !== "object" || value === null) return value;
  const wire: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    if (!key.startsWith("$")) wire[key] = convert(member);
  }
  return wire;
}
