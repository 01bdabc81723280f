import type { Clock } from "./clock.ts";

/**
 * Yields to the event loop if the present turn has lasted long enough, and looks at the clock
 * otherwise: for loops over many small pieces of work.
 */
export async function yieldIfDue({ turn }: Clock): Promise<void> {
  if (turn.isOver) await turn.next();
}

/** Steps between two looks at the clock, which cost as much as a small step. */
const stepsPerLook = 8;

/** One slice takes at most so many steps, whatever the clock says. */
const stepsPerSlice = 2_048;

/** Long work written as a generator that yields after each small step, and says so after a long one. */
export type Steps<R> = Generator<void | "long", R, void>;

/** Does long work in slices, each within one turn of the event loop, one at a time. */
export class Slices {
  #closed = false;

  constructor(private readonly clock: Pick<Clock, "turn">) {}

  /** The work's result. Rejects with what the work throws, or when closed before its end. */
  async run<R>(work: Steps<R>): Promise<R> {
    for (;;) {
      if (this.#closed) throw new Error("the work was abandoned because maglevd is stopping");
      const end = this.#slice(work);
      if (end) return end.value;
      await this.clock.turn.next();
    }
  }

  /** Ends work that is in a pause between slices, and refuses further work. */
  close(): void {
    this.#closed = true;
  }

  /** The end of the work, if it was reached. */
  #slice<R>(work: Steps<R>): { readonly value: R } | undefined {
    for (let step = 1; step <= stepsPerSlice; step++) {
      const result = work.next();
      if (result.done) return { value: result.value };
      const isLook = result.value === "long" || step % stepsPerLook === 0;
      if (isLook && this.clock.turn.isOver) return undefined;
    }
    return undefined;
  }
}

/** Does all of the work now. */
export function atOnce<R>(work: Steps<R>): R {
  for (;;) {
    const result = work.next();
    if (result.done) return result.value;
  }
}

/** Runs a generator that yields between small steps to its end, pausing now and then. */
export async function inSlices<T>(clock: Clock, work: Generator<unknown, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (clock.turn.isOver) await clock.turn.next();
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
