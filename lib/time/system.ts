import { setImmediate } from "node:timers";
import type { Clock, Turn } from "./clock.ts";

/** 2^31 - 1 ms, 24 days: a timer set for longer would fire at once. */
const longestDelayMs = 2_147_483_647;

/** How far the two clocks of the machine may differ before the calendar's is believed. */
const wallSlackMs = 2;

/** What to add to the monotonic clock to get Unix time. */
let wallOffset = performance.timeOrigin;

/** A turn of the event loop is over when it has lasted this long, in milliseconds. */
const turnMs = 3;

/** When the loop last came round as far as is known here; it may have been later. */
let turnedAt = 0;

const turn: Turn = {
  get isOver() {
    return performance.now() - turnedAt >= turnMs;
  },
  // About 7 µs; `setTimeout(0)` takes 2 ms. Awaiting a read that has data does not do it: that
  // resolves without leaving the microtasks.
  async next() {
    await new Promise<void>((resolve) => setImmediate(resolve));
    turnedAt = performance.now();
  },
};

/** The machine's clock and Deno's timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wall,
  after(delayMs, run) {
    let id: ReturnType<typeof setTimeout> | undefined;
    const arm = (left: number): void => {
      // Deno's timers drop the fraction, and would then call too early.
      id = left > longestDelayMs
        ? setTimeout(() => arm(left - longestDelayMs), longestDelayMs)
        : setTimeout(run, Math.ceil(left));
    };
    arm(delayMs);
    return { cancel: () => clearTimeout(id) };
  },
  turn,
};

/**
 * The monotonic clock has the fractions but neither follows when the calendar is set nor counts
 * while the machine sleeps; `Date.now()` has whole milliseconds only.
 */
function wall(): number {
  const monotonic = performance.now();
  const calendar = Date.now();
  if (Math.abs(monotonic + wallOffset - calendar) > wallSlackMs) wallOffset = calendar - monotonic;
  return monotonic + wallOffset;
}
