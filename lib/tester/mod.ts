/**
 * maglevt: asks the VIPs of configurations from outside and shows on a terminal how they answer. It
 * needs no maglevd.
 *
 * @example What it is started with
 * ```ts
 * import { match } from "node:assert/strict";
 *
 * match(usage(), /--max-loss VALUE/);
 * ```
 *
 * @module
 */

export { runMaglevt } from "./run.ts";
export { usage } from "./flags.ts";
