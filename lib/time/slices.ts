import type { Clock } from "./clock.ts";

/**
 * Yields to the event loop if the present turn has lasted long enough, and looks at the clock
 * otherwise: for loops over many small pieces of work.
 */
export async function yieldIfDue({ turn }: Clock): Promise<void> {
  if (turn.isOver) await turn.next();
}

/** Long work written as a generator that yields after each small step. */
export type Steps<R> = Generator<void, R, void>;

/** Does all of the work now. */
export function atOnce<R>(work: Steps<R>): R {
  for (;;) {
    const result = work.next();
    if (result.done) return result.value;
  }
}

/**
 * Does the work in slices, each within one turn of the event loop. Rejects with what it throws, or,
 * from the next slice on, with the reason for which `signal` is aborted.
 */
export async function inSlices<R>(
  { turn }: Pick<Clock, "turn">,
  work: Steps<R>,
  signal?: AbortSignal,
): Promise<R> {
  for (;;) {
    signal?.throwIfAborted();
    const step = work.next();
    if (step.done) return step.value;
    if (turn.isOver) await turn.next();
  }
}

/**
 * Yields for many callers, one after the other: together they have one place among all who yield,
 * however many they are.
 */
export function oneByOne({ turn }: Pick<Clock, "turn">): () => Promise<void> {
  let last = Promise.resolve();
  return () => last = last.then(() => turn.next());
}

/** Items that are mapped at once, at most. */
const mostItems = 32;

/** A slice of so many milliseconds is long enough: what follows has half as many items. */
const longMs = 1;

/**
 * What a long list is mapped to, some items at a time, without holding the event loop. How many, is
 * found out: some lists have items that are lists of a thousand themselves.
 */
export async function mappedInSlices<Item, Result>(
  items: readonly Item[],
  clock: Clock,
  map: (slice: readonly Item[]) => readonly Result[],
): Promise<Result[]> {
  const results: Result[] = [];
  let count = 1;
  for (let at = 0; at < items.length;) {
    const slice = items.slice(at, at + count);
    const begun = clock.now();
    for (const result of map(slice)) results.push(result);
    at += slice.length;
    count = clock.now() - begun < longMs ? Math.min(mostItems, 2 * count) : Math.ceil(count / 2);
    await yieldIfDue(clock);
  }
  return results;
}
