import type { CheckerView } from "../checker/mod.ts";
import type { Wanted } from "./desired.ts";
import type { Site } from "./site.ts";

/** Servers that are to have less traffic than before, a line each. */
export function loweredPlaces(before: Wanted, after: Wanted): string[] {
  const places: string[] = [];
  for (const [name, { servers }] of before) {
    for (const [address, { weight }] of servers) {
      const now = after.get(name)?.servers.get(address)?.weight;
      const isLowered = typeof weight === "number" && typeof now === "number" && now < weight;
      if (isLowered) places.push(`${address} of ${name}: ${weight} -> ${now}`);
    }
  }
  return places;
}

/**
 * Whether a name that is out of service stands for another server since the file was edited: what
 * an operator says of a name that stays is about the name.
 */
export function isSteeredElsewhere(
  { backends: before }: Site,
  { backends: after }: Site,
  checker: Pick<CheckerView, "backend">,
): boolean {
  return Object.entries(after).some(([name, { server }]) => {
    const isElsewhere = name in before && before[name]?.server !== server;
    const state = checker.backend(name)?.state;
    return isElsewhere && (state === "disabled" || state === "paused");
  });
}
