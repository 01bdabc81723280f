/**
 * The daemon: flags, wiring, signals, the end (SPEC section 6).
 *
 * @module
 */

export { runMaglevd } from "./run.ts";
export { flags, usage } from "./flags.ts";
export type { Flag, FlagName } from "./flags.ts";
