/**
 * Traffic counters of VIPs and servers.
 *
 * @module
 */

export { CounterReader, trafficOf } from "./reader.ts";
export { statsNames } from "./rows.ts";
