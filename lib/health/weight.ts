import { isProbed } from "./machine.ts";
import type { BackendState, PoolRole, Standing, Weight } from "./types.ts";

/** All that the effective weight of one backend in one frontend comes from. */
export interface Circumstances {
  /** How the backend stands, as this frontend sees it. */
  readonly standing: Standing;
  /** 0 to 100. */
  readonly configured: number;
  /** What the pool that it stands in is to the frontend. */
  readonly pool: PoolRole;
  /** Whether a backend that goes down has its flows moved away here. */
  readonly flushOnDown: boolean;
}

/**
 * Why the effective weight of a backend is what it is.
 *
 * - `carries`: it is the configured weight. `zero`: that one is 0.
 * - `not-up`: the backend is not.
 * - `standby`: another pool is the active one.
 * - `kept`: the backend was not probed yet, and has what VPP has for it.
 * - `draining`: an operator has it drained; `overdue`, so long that what is left is moved away.
 * - `slow-start`: it came up a moment ago, and has so much of its weight.
 * - `flap-hold`: it changed between up and down so often that it is kept down for a while.
 * - `fail-open`: it is down, but so many are that it keeps what it had.
 */
export type WeightReason =
  | { readonly kind: "carries" | "zero" | "standby" | "kept" | "fail-open" | "flap-hold" }
  | { readonly kind: "not-up"; readonly state: Exclude<BackendState, "up"> }
  | { readonly kind: "draining"; readonly isOverdue: boolean }
  | { readonly kind: "slow-start"; readonly percent: number };

/** What VPP is to hold for one backend, and why. */
export interface Verdict {
  /** 0 to 100, or what VPP has. */
  readonly weight: Weight;
  /** What it gets where VPP is to keep what it has, and has nothing; 0 if absent. */
  readonly otherwise?: number | undefined;
  /** Whether entering this condition also moves existing flows away. */
  readonly flush: boolean;
  readonly reason: WeightReason;
}

/** What VPP is to be told about one backend of one frontend, and why. */
export interface EffectiveWeight extends Verdict {
  /** Name of the backend. */
  readonly backend: string;
  /** Name of the pool that it stands in. */
  readonly pool: string;
}

/** One line of the order of precedence. */
export interface WeightRule {
  /** As docs/healthchecks.md calls it, under "Which weight a backend has". */
  readonly name: string;
  /** Whether it decides, if none before it did. */
  readonly applies: (of: Circumstances) => boolean;
  /** What it says. */
  readonly verdict: (of: Circumstances) => Verdict;
}

/**
 * All that has a say in a backend's weight, the strongest first: the first rule that applies decides.
 * What operators say comes before what probes found out, and that before what is configured.
 */
export const weightRules: readonly WeightRule[] = [
  stateRule("removed", "always"),
  stateRule("disabled", "always"),
  stateRule("paused", "when-overdue"),
  {
    name: "draining",
    applies: ({ standing: { drain } }) => drain !== undefined,
    verdict: ({ standing, flushOnDown }) => ({
      weight: 0,
      flush: standing.drain === "overdue" || (isBelievedDown(standing) && flushOnDown),
      reason: { kind: "draining", isOverdue: standing.drain === "overdue" },
    }),
  },
  {
    name: "not probed yet",
    applies: ({ standing }) => standing.untested && isProbed(standing.state),
    verdict: (of) => ({
      weight: "kept",
      otherwise: believedWeight(of),
      flush: false,
      reason: { kind: "kept" },
    }),
  },
  {
    name: "fail open",
    applies: ({ standing: { state, held }, pool, configured }) =>
      state === "down" &&
      (held === "kept" || (held === "configured" && pool !== "standby" && configured > 0)),
    verdict: ({ standing: { held }, configured }) => ({
      weight: held === "kept" ? "kept" : configured,
      flush: false,
      reason: { kind: "fail-open" },
    }),
  },
  {
    name: "flap hold",
    applies: ({ standing: { state, isFlapping } }) => state === "down" && isFlapping === true,
    verdict: (of) => ({ weight: 0, flush: isMoved("on-down", of), reason: { kind: "flap-hold" } }),
  },
  stateRule("down", "on-down"),
  stateRule("unknown", "never"),
  {
    name: "standby",
    applies: ({ pool }) => pool !== "active",
    verdict: () => ({ weight: 0, flush: false, reason: { kind: "standby" } }),
  },
  {
    name: "weight 0",
    applies: ({ configured }) => configured === 0,
    verdict: () => ({ weight: 0, flush: false, reason: { kind: "zero" } }),
  },
  {
    name: "slow start",
    applies: ({ standing: { risen } }) => risen !== undefined && risen < 100,
    verdict: ({ standing: { risen: percent = 100 }, configured }) => ({
      weight: partOf(configured, percent),
      flush: false,
      reason: { kind: "slow-start", percent },
    }),
  },
  {
    name: "carries",
    applies: () => true,
    verdict: ({ configured }) => ({
      weight: configured,
      flush: false,
      reason: { kind: "carries" },
    }),
  },
];

/** What VPP is to hold for a backend, by the first of {@link weightRules} that applies. */
export function judgeWeight(of: Circumstances): Verdict {
  const rule = weightRules.find(({ applies }) => applies(of));
  if (!rule) throw new TypeError("the last rule applies to everything");
  return rule.verdict(of);
}

/** What the process before has found out is the best that is known of it. */
function believedWeight(of: Circumstances): number | undefined {
  const { weight } = judgeWeight({ ...of, standing: { ...of.standing, untested: false } });
  return weight === "kept" ? undefined : weight;
}

/** When a state in which a backend has no weight also moves its flows away. */
type Flushing = "always" | "never" | "on-down" | "when-overdue";

function stateRule(state: Exclude<BackendState, "up">, flushing: Flushing): WeightRule {
  const reason = { kind: "not-up", state } as const;
  return {
    name: state,
    applies: ({ standing }) => standing.state === state,
    verdict: (of) => ({ weight: 0, flush: isMoved(flushing, of), reason }),
  };
}

/** A check has failed, and there is no reason to think that it is the check that is wrong. */
function isBelievedDown({ state, held }: Standing): boolean {
  return state === "down" && held === undefined;
}

function isMoved(flushing: Flushing, { standing, flushOnDown }: Circumstances): boolean {
  switch (flushing) {
    case "always":
      return true;
    case "never":
      return false;
    case "on-down":
      return flushOnDown && isBelievedDown(standing);
    case "when-overdue":
      return standing.drain === "overdue";
  }
}

/** Steps in which a backend that comes up gets its weight: each makes VPP build a table anew. */
export const slowStartSteps = 10;

/** The step at so many milliseconds of so many: 1 at the beginning, the last one at the end. */
export function slowStartStep(elapsedMs: number, overMs: number): number {
  const gone = Math.floor((elapsedMs * (slowStartSteps - 1)) / overMs);
  return Math.max(1, Math.min(slowStartSteps, 1 + gone));
}

/** After how many milliseconds from its beginning a step begins. */
export function slowStartStepAt(step: number, overMs: number): number {
  return Math.ceil(((step - 1) * overMs) / (slowStartSteps - 1));
}

/** The share of its weight, in percent, that a backend has at a step. */
export function slowStartPercent(step: number): number {
  return (step * 100) / slowStartSteps;
}

/** So many percent of a weight above 0, and never 0 of it. */
export function partOf(weight: number, percent: number): number {
  return Math.max(1, Math.round((weight * percent) / 100));
}
