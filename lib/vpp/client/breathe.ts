import { setImmediate } from "node:timers";

/** Work is cut where it has blocked the event loop this long, in milliseconds. */
const sliceMs = 3;

/**
 * When the event loop last came round as far as this module knows; it may have been later. One
 * for all that happens here: several pieces of work, each within its own limit, add up.
 */
let turnedAt = 0;

/** Whether it is time to breathe. */
export function isBreathless(): boolean {
  return performance.now() - turnedAt >= sliceMs;
}

/**
 * Lets timers, sockets and other tasks run before going on. About 7 µs; `setTimeout(0)` takes
 * 2 ms. Awaiting a read that has data does not do it: it resolves without leaving the microtasks.
 */
export async function breathe(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  turnedAt = performance.now();
}

/** Breathes if it is time to: for loops over many small pieces of work. */
export async function pause(): Promise<void> {
  if (isBreathless()) await breathe();
}

/** Runs a generator to its end, breathing now and then. */
export async function inSlices<T>(work: Generator<unknown, T>): Promise<T> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (isBreathless()) await breathe();
  }
}
