import { setImmediate } from "node:timers";
import type { Clock } from "./clock.ts";
import { YieldQueue } from "./yield_queue.ts";

/** 2^31 - 1 ms, 24 days: a timer set for longer would fire at once. */
const longestDelayMs = 2_147_483_647;

/** How far the two clocks of the machine may differ before the calendar's is believed. */
const wallSlackMs = 2;

/** What to add to the monotonic clock to get Unix time. */
let wallOffset = performance.timeOrigin;

const turn = new YieldQueue({
  now: () => performance.now(),
  // Awaiting a read that has data does not do it: that resolves without leaving the microtasks.
  round: () => new Promise((resolve) => void setImmediate(resolve)),
  look: () => new Promise((resolve) => void setTimeout(resolve, 0)),
});

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
