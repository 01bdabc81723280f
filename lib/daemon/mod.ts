/**
 * The daemon: flags, wiring, signals, the end. What operators see of it is in docs/user-guide.md.
 *
 * @module
 */

export { runMaglevd } from "./run.ts";
export { flags, usage } from "./flags.ts";
export type { FlagName } from "./flags.ts";
