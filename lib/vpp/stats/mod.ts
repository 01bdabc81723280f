/**
 * VPP's stats segment: shared memory in which it counts.
 *
 * @module
 */

export { openStatsSegment, segmentOf } from "./segment.ts";
export type { SegmentOptions, StatsSegment } from "./segment.ts";
export { StatsReader } from "./reader.ts";
export type { CombinedSum, Reading, SimpleSum, StatsView } from "./reader.ts";
export { SegmentError } from "./memory.ts";
