import type { Mood } from "./backend.ts";
import type { DemoBackendName } from "./config.ts";

/** One thing that happens to a backend. */
export interface Step {
  /** After the step before, in seconds. */
  readonly after: number;
  readonly backend: DemoBackendName;
  readonly mood: Mood;
  /** What the narrator says. */
  readonly says: string;
}

/** When maglevd is started again, once: after all has healed, in seconds. */
export const restartAfter = 5;

/** What the narrator says of that. */
export const restartSays =
  "maglevd is killed and started again: no weight changes, and `show events` still knows";

/**
 * What happens, over and over. Both servers of Amsterdam are out of order from the second step on,
 * so within 15 seconds of the start the website fails over to Zurich, and later back.
 */
export const story: readonly Step[] = [
  { after: 5, backend: "ams1", mood: "ailing", says: "ams1 starts to answer 503" },
  { after: 5, backend: "ams2", mood: "gone", says: "ams2 crashes: www should fail over to zurich" },
  { after: 8, backend: "ams1", mood: "well", says: "ams1 is repaired: www should move back" },
  { after: 6, backend: "ams2", mood: "well", says: "ams2 is started again" },
  { after: 6, backend: "zrh1", mood: "silent", says: "zrh1 hangs: it accepts, and says nothing" },
  { after: 8, backend: "zrh1", mood: "well", says: "zrh1 recovers" },
];
