import type { Clock } from "./clock.ts";
import { yieldIfDue } from "./slices.ts";

/** Items that are visited at once, at most. */
const mostItems = 32;

/** A slice of so many milliseconds is long enough: what follows has half as many items. */
const longMs = 1;

/**
 * Visits a long list, some items at a time, without holding the event loop. How many, is found out:
 * some lists have items that are lists of a thousand themselves.
 */
export async function visitInSlices<Item>(
  items: readonly Item[],
  clock: Clock,
  visit: (slice: readonly Item[]) => void,
): Promise<void> {
  let count = 1;
  for (let at = 0; at < items.length;) {
    const slice = items.slice(at, at + count);
    const begun = clock.now();
    visit(slice);
    at += slice.length;
    count = clock.now() - begun < longMs ? Math.min(mostItems, 2 * count) : Math.ceil(count / 2);
    await yieldIfDue(clock);
  }
}

/** What a long list is mapped to, some items at a time, without holding the event loop. */
export async function mappedInSlices<Item, Result>(
  items: readonly Item[],
  clock: Clock,
  map: (slice: readonly Item[]) => readonly Result[],
): Promise<Result[]> {
  const results: Result[] = [];
  await visitInSlices(items, clock, (some) => {
    for (const result of map(some)) results.push(result);
  });
  return results;
}
