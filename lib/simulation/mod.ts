/**
 * The whole daemon in one process on one clock: checker, events, journal and VPP's side, with a
 * network and a VPP that a seed commands. Random histories are played, and what must be so at any
 * time is checked; equal seeds give equal runs.
 *
 * @example A minute of a site, chosen by a seed, in which nothing may go wrong
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 *
 * const { wrong } = await runHistory(historyOf(4711));
 * deepEqual(wrong, []);
 * ```
 *
 * @module
 */

export { type History, historyOf, type Outcome, type RunOptions, shortened } from "./history.ts";
export { MemoryKeeping } from "./memory_keeping.ts";
export { runHistory } from "./run.ts";
export type { Action, PlainOperation, RequestFault, Tampering } from "./actions.ts";
export type { Edit } from "./edits.ts";
export type { ServerBehaviour } from "./network.ts";
export type { Site, SiteBackend, SiteCheck, SiteFrontend } from "./site.ts";
