/**
 * What probe results and operators make of backends, and backends of frontends. Pure: no time,
 * no I/O, and no other room.
 *
 * @example Three failures take a backend down, two passes bring it back
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 *
 * const check = { rise: 2, fall: 3 };
 * let health = freshHealth(true, check);
 * const states = [];
 * for (const result of ["pass", "fail", "fail", "fail", "pass", "pass"] as const) {
 *   const outcome = step(health, result, check);
 *   if (outcome.kind === "done") health = outcome.health;
 *   states.push(health.state);
 * }
 * deepEqual(states, ["up", "up", "up", "down", "down", "up"]);
 * ```
 *
 * @module
 */

export { backendStates, frontendStates, remember } from "./types.ts";
export type {
  BackendState,
  DrainPhase,
  FrontendState,
  Held,
  PoolRole,
  Standing,
  Transition,
  Weight,
} from "./types.ts";
export { count, counterMax, counterStart, isHealthy, nextDelay, noticeMs } from "./counter.ts";
export type { ProbeIntervals, RiseFall } from "./counter.ts";
export { backendInputs, freshHealth, isProbed, recheck, rules, step } from "./machine.ts";
export type { BackendInput, Health, Recheck, Rule, Step } from "./machine.ts";
export {
  judgeWeight,
  partOf,
  slowStartPercent,
  slowStartStep,
  slowStartStepAt,
  slowStartSteps,
  weightRules,
} from "./weight.ts";
export type {
  Circumstances,
  EffectiveWeight,
  Verdict,
  WeightReason,
  WeightRule,
} from "./weight.ts";
export { afterChange, afterHold, holdMs, neverFlapped } from "./flap.ts";
export type { FlapMemory, FlapRule } from "./flap.ts";
export { failsOpen, heldBy, inUse, nextLastUse, presumedInUse } from "./fail_open.ts";
export type { Census, FailOpen, LastUse } from "./fail_open.ts";
export { FrontendTally, roleOf } from "./tally.ts";
export type { Role } from "./tally.ts";
