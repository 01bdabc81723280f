/**
 * What probe results and operators make of backends, and backends of frontends. Pure: no time,
 * no I/O, and no other room.
 *
 * @module
 */

export { backendStates, frontendStates } from "./types.ts";
export type {
  BackendState,
  EffectiveWeight,
  FrontendState,
  Standing,
  Transition,
  Weight,
} from "./types.ts";
export { count, counterMax, counterStart, isHealthy, nextDelay } from "./counter.ts";
export type { ProbeIntervals, RiseFall } from "./counter.ts";
export { backendInputs, freshHealth, isProbed, recheck, rules, step } from "./machine.ts";
export type { BackendInput, Health, Recheck, Rule, Step } from "./machine.ts";
export { effectiveWeight, effectiveWeights, isFlushed, weightReason } from "./pools.ts";
export type { WeightReason } from "./pools.ts";
export type { StandingOf, WeightedFrontend, WeightedPool } from "./pools.ts";
export { FrontendTally } from "./tally.ts";
export { remember } from "./history.ts";
