/**
 * The table by which VPP's lb plugin gives flows to servers. Pure.
 *
 * @module
 */

export { type MaglevServer, maglevTable, maglevTableSteps } from "./table.ts";
export { type Table, tableShift } from "./shift.ts";
export { xxhash } from "./xxhash.ts";
