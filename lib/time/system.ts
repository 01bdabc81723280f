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

/**
 * For how many milliseconds the loop may go on without a look at the sockets. While it is told to
 * come round at once, Deno 2.9 looks only every 61st time (tokio's `event_interval`): with turns of
 * 3 ms what has come waits for 0.2 s, and a reply to it as long again.
 */
const lookMs = 4;

/** When the loop last came round as far as is known here; it may have been later. */
let turnedAt = 0;

/** When it was last known to look at the sockets. */
let lookedAt = 0;

/** A turn that looks, which all wait for who come meanwhile. */
let look: Promise<void> | undefined;

const turn: Turn = {
  get isOver() {
    return performance.now() - turnedAt >= turnMs;
  },
  // About 7 µs; with a look, 1.2 ms. Awaiting a read that has data does not do it: that resolves
  // without leaving the microtasks.
  async next(isLong = false) {
    if (isLong || look || performance.now() - lookedAt >= lookMs) await (look ??= looking());
    else await comingRound();
    turnedAt = performance.now();
  },
};

/**
 * Only when nothing is to be done at once does the runtime wait, and look at what it waits for.
 * Whoever else works in turns has joined by the time that the timer is set.
 */
async function looking(): Promise<void> {
  await comingRound();
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  lookedAt = performance.now();
  look = undefined;
}

function comingRound(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

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
