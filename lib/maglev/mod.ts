/**
 * The table by which VPP's lb plugin gives flows to servers. Pure.
 *
 * @example Two servers of weights 2 and 1 share a table of eight
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 *
 * const address = (last: number) => new Uint8Array(16).fill(last, 15);
 * const servers = [
 *   { index: 1, address: address(1), weight: 2 },
 *   { index: 2, address: address(2), weight: 1 },
 * ];
 * const table = [...maglevTable(servers, 8)];
 * const share = (index: number) => table.filter((each) => each === index).length;
 * deepEqual([share(1), share(2)], [5, 3]);
 * ```
 *
 * @module
 */

export { type MaglevServer, maglevTable, maglevTableSteps } from "./table.ts";
export { type Table, tableShift } from "./shift.ts";
export { xxhash } from "./xxhash.ts";
