/**
 * Probes: one file per type, one table, one result.
 *
 * @module
 */

export { type CancelProbe, probeCodes } from "./types.ts";
export type { ProbeCode, ProbeResult, ProbeTarget, StartProbe } from "./types.ts";
export { createProber, type Prober, type ProberOptions } from "./prober.ts";
