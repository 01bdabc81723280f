/**
 * Clocks: the system's, and one that tests turn by hand; and how long work yields.
 *
 * @example Time stands still until a test turns it
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * const clock = new FakeClock();
 * let rang = 0;
 * clock.after(1_000, () => rang++);
 * clock.advance(999);
 * equal(rang, 0);
 * clock.advance(1);
 * equal(rang, 1);
 * ```
 *
 * @module
 */

export { systemClock } from "./system.ts";
export { DrivenClock, type TimeSource } from "./driven.ts";
export { FakeClock } from "./fake.ts";
export { Alarm } from "./alarm.ts";
export { Due, DueQueue } from "./queue.ts";
export { tickMs, TimerWheel } from "./wheel.ts";
export { abortable, type Clock, every, type Moment, momentOf, sleep } from "./clock.ts";
export type { Timer, Turn } from "./clock.ts";
export { atOnce, inSlices, mappedInSlices, oneByOne, type Steps, yieldIfDue } from "./slices.ts";
export { compareText, mergeSort } from "./merge_sort.ts";
export { type TurnLimits, TurnQuota } from "./turn_quota.ts";
