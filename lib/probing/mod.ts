/**
 * When to probe, and what each result makes of a backend's counter: on a thread of its own, or on
 * this one. What was found out is in memory that both sides see.
 *
 * @module
 */

export { type Counts, durationBounds, isPass } from "./board.ts";
export { ProbeThreads, type ThreadOptions } from "./thread_client.ts";
export { ProbeJob } from "./job.ts";
export type { ProbeTimes } from "./probe_times.ts";
export { PretendedProbing } from "./pretended.ts";
export { Probing, type ProbingOptions } from "./probing.ts";
export { onThisThread, type ScheduleOptions } from "./schedule.ts";
export type {
  DatedResult,
  Order,
  ProbeLink,
  Report,
  ScheduleStats,
  StartProbing,
} from "./types.ts";
