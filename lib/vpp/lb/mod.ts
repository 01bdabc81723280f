/**
 * What the lb plugin should hold, what it holds, and what lies between. Pure.
 *
 * @module
 */

export * from "./actual.ts";
export * from "./calls.ts";
export * from "./conf.ts";
export * from "./describe.ts";
export * from "./desired.ts";
export * from "./ledger.ts";
export * from "./moves.ts";
export * from "./occupied.ts";
export * from "./plan.ts";
export * from "./verbose.ts";
export * from "./vip.ts";
