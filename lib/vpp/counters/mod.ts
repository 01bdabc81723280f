/**
 * Traffic counters of VIPs and servers.
 *
 * @module
 */

export { CounterReader } from "./reader.ts";
export { statsNames } from "./names.ts";
export { trafficOf } from "./traffic.ts";
