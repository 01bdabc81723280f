/**
 * Keeps one connected VPP in line: dumps, plans, applies, in the right order.
 *
 * @module
 */

export { Syncer } from "./syncer.ts";
export type { SyncContext } from "./context.ts";
export { applyPlans, noCounts } from "./apply.ts";
export type { ApplyContext, ApplyCounts } from "./apply.ts";
export { dumpActual } from "./dump.ts";
export { KnownState } from "./known.ts";
export { pushConf, readConf } from "./push_conf.ts";
export { DesiredView } from "./view.ts";
