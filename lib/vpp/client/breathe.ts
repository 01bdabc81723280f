import { setImmediate } from "node:timers";

/**
 * Lets timers, sockets and other tasks run before going on. About 7 µs; `setTimeout(0)` takes
 * 2 ms. Awaiting a read that has data does not do it: it resolves without leaving the microtasks.
 */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Work is cut where it has blocked the event loop this long, in milliseconds. */
export const sliceMs = 4;

/** Runs a generator to its end, leaving the event loop to others every {@link sliceMs}. */
export async function inSlices<T>(work: Generator<unknown, T>): Promise<T> {
  let start = performance.now();
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    if (performance.now() - start < sliceMs) continue;
    await breathe();
    start = performance.now();
  }
}
