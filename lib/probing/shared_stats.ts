import type { ScheduleStats } from "./types.ts";

const fields = [
  "delayed",
  "late",
  "maxLatenessMs",
  "stalls",
  "excused",
  "done",
  "running",
  "scheduled",
] as const satisfies readonly (keyof ScheduleStats)[];

/** Behind them, how often they were written. */
const writtenAt = fields.length;

/** Memory for what one thread says of itself. */
export function newStatsMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(8 * (fields.length + 1));
}

/** How often a thread has said something of itself: one that runs says it again and again. */
export function timesWritten(memory: SharedArrayBuffer): number {
  return new Float64Array(memory)[writtenAt] ?? 0;
}

/** Writes them, for others to look at when they like. */
export function writeStats(memory: SharedArrayBuffer, stats: ScheduleStats): void {
  const numbers = new Float64Array(memory);
  for (const [index, field] of fields.entries()) numbers[index] = stats[field];
  numbers[writtenAt] = (numbers[writtenAt] ?? 0) + 1;
}

/** What some threads say, taken together. */
export function readStats(memories: readonly SharedArrayBuffer[]): ScheduleStats {
  const all = memories.map((memory) => new Float64Array(memory));
  const of = (field: keyof ScheduleStats) =>
    all.map((numbers) => numbers[fields.indexOf(field)] ?? 0);
  const sum = (field: keyof ScheduleStats) => of(field).reduce((total, one) => total + one, 0);
  return {
    delayed: sum("delayed"),
    late: sum("late"),
    maxLatenessMs: Math.max(0, ...of("maxLatenessMs")),
    stalls: sum("stalls"),
    excused: sum("excused"),
    done: sum("done"),
    running: sum("running"),
    scheduled: sum("scheduled"),
  };
}
