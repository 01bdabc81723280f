/**
 * IP address literals: parse, print, order. Pure.
 *
 * @example Text and bytes
 * ```ts
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * const address = parseIp("2001:DB8:0::1");
 * equal(address?.family, 6);
 * equal(address && formatIp(address.bytes), "2001:db8::1");
 * equal(parseIp("192.0.2.256"), undefined);
 * deepEqual(parseIp("192.0.2.1")?.bytes, new Uint8Array([192, 0, 2, 1]));
 * ```
 *
 * @module
 */

export { compareIp, formatIp, hostPrefix, ipFromBytes, parseIp } from "./ip.ts";
export type { IpAddress, IpFamily } from "./ip.ts";
export { specialScope } from "./scope.ts";
export type { SpecialScope } from "./scope.ts";
