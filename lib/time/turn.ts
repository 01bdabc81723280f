import type { Clock } from "./clock.ts";

/**
 * Lets others have their turn if it is time to: for loops over many small pieces of work. Costs a
 * look at the clock otherwise.
 */
export async function pause({ turn }: Clock): Promise<void> {
  if (turn.isOver) await turn.next();
}

/** Runs a generator that yields between small steps to its end, pausing now and then. */
export async function inSlices<T>(clock: Clock, work: Generator<unknown, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (clock.turn.isOver) await clock.turn.next();
  }
}
