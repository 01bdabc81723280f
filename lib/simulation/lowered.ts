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

/** Whether a name that stays stands for another server since the file was edited. */
export function isNameMoved({ backends: before }: Site, { backends: after }: Site): boolean {
  return Object.entries(after).some(([name, { server }]) =>
    name in before && before[name]?.server !== server
  );
}

/** Servers that are to have another weight than before, a line each; a kept one is any. */
export function changedWeights(before: Wanted, after: Wanted): string[] {
  const places: string[] = [];
  for (const [name, { servers }] of before) {
    for (const [address, { weight }] of servers) {
      const now = after.get(name)?.servers.get(address)?.weight;
      const isChanged = typeof weight === "number" && now !== "kept" && now !== weight;
      if (isChanged) places.push(`${address} of ${name}: ${weight} -> ${now}`);
    }
  }
  return places;
}
