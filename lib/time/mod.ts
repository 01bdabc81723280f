/**
 * Clocks: the system's, and one that tests turn by hand.
 *
 * @module
 */

export { systemClock } from "./system.ts";
export { FakeClock } from "./fake.ts";
export type { Clock, Timer } from "./clock.ts";
