/**
 * The daemon: flags, wiring, signals, the end. What operators see of it is in docs/user-guide.md.
 *
 * @example Flags are data, and `--help` shows each
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(flags.filter(({ name }) => !usage().includes(`--${name}`)), []);
 * ```
 *
 * @module
 */

export { runMaglevd } from "./run.ts";
export { type FlagName, flags, usage } from "./flags.ts";
