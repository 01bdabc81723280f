/**
 * Keeps one connected VPP in line: what is pending, what VPP holds, and the one sequence of steps
 * that changes it.
 *
 * @module
 */

export { keepInLine } from "./syncer.ts";
export type { SyncContext } from "./syncer.ts";
export type { Progress } from "./changes.ts";
export { KnownState } from "./known.ts";
export { Pending } from "./pending.ts";
export type { SyncCounts, SyncOutcome, Waiter } from "./pending.ts";
export { readSnapshot } from "./snapshot.ts";
export type { Dumper, Snapshot } from "./snapshot.ts";
export { StepTracker, summaryOf } from "./step_tracker.ts";
export { DesiredView } from "./view.ts";
