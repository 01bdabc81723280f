import type { Weight } from "../health/mod.ts";
import type { Wanted } from "./desired.ts";
import type { Site } from "./site.ts";

/** Servers that are to have less traffic than before, a line each. */
export function loweredPlaces(before: Wanted, after: Wanted): string[] {
  return places(before, after, (was, is) => typeof is === "number" && is < was);
}

/** What a restart alone has changed, `lost` events included, a line each; a kept weight is any. */
export function restartFaults(before: Wanted, after: Wanted = new Map(), lost = 0): string[] {
  const changed = places(before, after, (was, is) => is !== "kept" && is !== was);
  return [
    ...(lost > 0 ? [`a restart forgot ${lost} events`] : []),
    ...changed.map((place) => `a restart alone changed ${place}`),
  ];
}

/** Whether a name that stays stands for another server since the file was edited. */
export function isNameMoved({ backends: before }: Site, { backends: after }: Site): boolean {
  return Object.entries(after).some(([name, { server }]) =>
    name in before && before[name]?.server !== server
  );
}

function places(
  before: Wanted,
  after: Wanted,
  isTold: (was: number, is: Weight | undefined) => boolean,
): string[] {
  const lines: string[] = [];
  for (const [name, { servers }] of before) {
    for (const [address, { weight }] of servers) {
      const now = after.get(name)?.servers.get(address)?.weight;
      if (typeof weight !== "number" || !isTold(weight, now)) continue;
      lines.push(`${address} of ${name}: ${weight} -> ${now}`);
    }
  }
  return lines;
}
