import { tickMs } from "../time/mod.ts";

/** How far a delay may be off, as a part of it (SPEC section 3). */
const jitter = 0.1;

/** Probes gather in steps of this part of a delay at most, and of as many probes at most: … */
const widestStep = 0.05;
const mostTogether = 128;
/** … fewer than these are not worth it. */
const fewestTogether = 4;

/**
 * When the next probe is due after one that was due at `dueMs`: a delay later, jittered by `random`,
 * from 0 up to, not including, 1. `probed` backends are probed in all.
 *
 * Within the jitter one moment is as good as another, and a probe that comes alone has to wake the
 * thread and warm its caches for itself, which costs more than the probe. So where there are many,
 * they come in steps, which are the same for all and multiples of each other: docs/performance/probes.md.
 * Pure.
 */
export function nextDue(dueMs: number, delayMs: number, random: number, probed: number): number {
  const stepMs = stepOf(delayMs, probed);
  // What rounding adds is part of the jitter.
  const spreadMs = jitter * delayMs - stepMs / 2;
  const atMs = dueMs + delayMs + spreadMs * (2 * random - 1);
  return stepMs === 0 ? atMs : Math.round(atMs / stepMs) * stepMs;
}

/** Milliseconds from one step to the next; 0 where probes don't gather. */
function stepOf(delayMs: number, probed: number): number {
  const part = Math.min(widestStep, mostTogether / probed);
  const ticks = Math.floor(part * delayMs / tickMs);
  // In one tick they gather anyway.
  if (ticks < 2 || part * probed < fewestTogether) return 0;
  return tickMs * 2 ** Math.floor(Math.log2(ticks));
}
