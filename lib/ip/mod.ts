/**
 * IP address literals: parse, print, order. Pure.
 *
 * @module
 */

export { compareIp, formatIp, hostPrefix, ipFromBytes, parseIp } from "./ip.ts";
export type { IpAddress, IpFamily } from "./ip.ts";
export { specialScope } from "./scope.ts";
export type { SpecialScope } from "./scope.ts";
