/**
 * Clocks: the system's, and one that tests turn by hand; and how long work gives way to others.
 *
 * @module
 */

export { systemClock } from "./system.ts";
export { DrivenClock, type TimeSource } from "./driven.ts";
export { FakeClock } from "./fake.ts";
export { type Due, DueQueue } from "./queue.ts";
export type { Clock, Timer, Turn } from "./clock.ts";
export { inSlices, pause } from "./turn.ts";
export { type TurnLimits, TurnShare } from "./turn_share.ts";
