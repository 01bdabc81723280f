/**
 * VPP's stats segment: shared memory in which it counts.
 *
 * @module
 */

export { SegmentError } from "./memory.ts";
export * from "./reader.ts";
export * from "./segment.ts";
