/**
 * Schedules probes, keeps the states of backends and frontends, and tells who wants to know.
 * What it does is in docs/healthchecks.md.
 *
 * @module
 */

export { Checker, createChecker } from "./checker.ts";
export type { CheckerOptions, ReloadOptions } from "./checker.ts";
export type { Drain, DrainSnapshot } from "./drain.ts";
export type { FlapHold, FlapHoldSnapshot } from "./flap_holds.ts";
export type { FailOpen, SavedFailOpen } from "./fail_open.ts";
export type { ServerTraffic, TrafficSource } from "./drains.ts";
export type { SavedFlaps } from "./saved_flaps.ts";
export { CheckerError, ReloadRefused } from "./types.ts";
export type {
  BackendOutcome,
  Danger,
  FrontendOutcome,
  FrontendStanding,
  Outcome,
  WeightOutcome,
} from "./outcome.ts";
export { isFlip } from "./recent_changes.ts";
export type { Restored, Said, SavedBackend, SavedWeight } from "./saved.ts";
export type {
  BackendByHand,
  BackendSnapshot,
  BackendTrend,
  CheckerControl,
  CheckerObserver,
  CheckerStats,
  CheckerView,
  DesiredSource,
  ForeseenReload,
  FrontendSnapshot,
  Operation,
  ReloadOutcome,
  Verb,
  WeightPlace,
} from "./types.ts";
