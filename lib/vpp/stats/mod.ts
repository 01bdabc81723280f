/**
 * VPP's stats segment: shared memory in which it counts.
 *
 * @module
 */

export { openStatsSegment, segmentIn } from "./segment.ts";
export type { ReadOptions, SegmentOptions, SegmentSource, StatsSegment } from "./segment.ts";
export { StatsReader } from "./reader.ts";
export type { CombinedSum, Reading, SimpleSum, StatsView } from "./reader.ts";
export { SegmentError } from "./memory.ts";
