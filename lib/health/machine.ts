import {
  clampCounter,
  count,
  counterStart,
  isHealthy,
  openCounter,
  type RiseFall,
} from "./counter.ts";
import type { BackendState } from "./types.ts";

/** What may happen to a backend. */
export const backendInputs = [
  /** A probe passed. */
  "pass",
  /** A probe failed. */
  "fail",
  /** The operator suspends probing. */
  "pause",
  /** The operator ends a pause. */
  "resume",
  /** Taken out of service. */
  "disable",
  /** Put back into service. */
  "enable",
  /** It is not in the configuration any more. */
  "remove",
] as const;

/** One of {@link backendInputs}. */
export type BackendInput = (typeof backendInputs)[number];

/**
 * What an input does in a state.
 *
 * - `ignore`: nothing. Asked for what is already so, or a result that came too late.
 * - `refuse`: nothing, and whoever asked is told why.
 * - `count`: the rise/fall counter decides between up and down.
 * - `go`: enters a state, and probing starts anew or stops. From a state to itself it is no
 *   transition.
 */
export type Rule =
  | { readonly kind: "ignore" }
  | { readonly kind: "refuse"; readonly why: string }
  | { readonly kind: "count" }
  | { readonly kind: "go"; readonly to: BackendState; readonly probing: "start" | "stop" };

const ignore: Rule = { kind: "ignore" };
const counted: Rule = { kind: "count" };
const start: Rule = { kind: "go", to: "unknown", probing: "start" };
const pause: Rule = { kind: "go", to: "paused", probing: "stop" };
const disable: Rule = { kind: "go", to: "disabled", probing: "stop" };
const remove: Rule = { kind: "go", to: "removed", probing: "stop" };
const isDisabled: Rule = { kind: "refuse", why: "it is disabled; enable it first" };
const isRemoved: Rule = { kind: "refuse", why: "it was removed from the configuration" };

/** The rules of the three states in which probes run. */
const probed: Readonly<Record<BackendInput, Rule>> = {
  pass: counted,
  fail: counted,
  pause,
  resume: ignore,
  disable,
  enable: ignore,
  remove,
};

/** The whole state machine (docs/healthchecks.md, "States"). */
export const rules: Readonly<Record<BackendState, Readonly<Record<BackendInput, Rule>>>> = {
  unknown: probed,
  up: probed,
  down: probed,
  paused: {
    pass: ignore,
    fail: ignore,
    pause: ignore,
    resume: start,
    disable,
    enable: ignore,
    remove,
  },
  disabled: {
    pass: ignore,
    fail: ignore,
    pause: isDisabled,
    resume: isDisabled,
    disable: ignore,
    enable: start,
    remove,
  },
  removed: {
    pass: ignore,
    fail: ignore,
    pause: isRemoved,
    resume: isRemoved,
    disable: isRemoved,
    enable: isRemoved,
    remove: ignore,
  },
};

/** A backend's state and its rise/fall counter, which is 0 while no probes run. */
export interface Health {
  /** Where the state machine stands. */
  readonly state: BackendState;
  /** 0 to rise + fall - 1. */
  readonly counter: number;
}

/** What an input led to. */
export type Step =
  | {
    readonly kind: "done";
    readonly health: Health;
    /** What to do about probing; `keep` leaves it as it is. */
    readonly probing: "keep" | "start" | "stop";
  }
  | { readonly kind: "refused"; readonly why: string };

/** A backend before its first probe. */
export function freshHealth(enabled: boolean, check: RiseFall): Health {
  return enabled
    ? { state: "unknown", counter: counterStart(check) }
    : { state: "disabled", counter: 0 };
}

/** Whether probes run in `state`. */
export function isProbed(state: BackendState): boolean {
  return rules[state] === probed;
}

/**
 * One step of the state machine. `check` holds the rise and fall in force after the step. An
 * unchanged health is returned as the same object.
 */
export function step(health: Health, input: BackendInput, check: RiseFall): Step {
  const rule = rules[health.state][input];
  switch (rule.kind) {
    case "ignore":
      return { kind: "done", health, probing: "keep" };
    case "refuse":
      return { kind: "refused", why: rule.why };
    case "count":
      return { kind: "done", health: counting(health, input === "pass", check), probing: "keep" };
    case "go": {
      const counter = rule.probing === "start" ? counterStart(check) : 0;
      return { kind: "done", health: { state: rule.to, counter }, probing: rule.probing };
    }
  }
}

/**
 * What a changed check means for what is known of a backend.
 *
 * - `timing`: intervals, timeout, rise or fall. What was found out holds.
 * - `target`: type, port, address or anything else that a probe does. What was found out stands
 *   until the first result, which may change it.
 */
export type Recheck = "timing" | "target";

/**
 * The health of a backend whose check changed from `before` to `check`: the verdict stands, so a
 * reload alone takes nobody out of service. An unchanged health is returned as the same object.
 */
export function recheck(health: Health, before: RiseFall, check: RiseFall, what: Recheck): Health {
  const { state } = health;
  if (!isProbed(state)) return health;
  const counter = state === "unknown"
    ? counterStart(check)
    : what === "target"
    ? openCounter(state === "up", check)
    : clampCounter(health.counter, state === "up", before, check);
  return counter === health.counter ? health : { state, counter };
}

function counting(health: Health, passed: boolean, check: RiseFall): Health {
  const counter = count(health.counter, passed, check);
  const state = isHealthy(counter, check) ? "up" : "down";
  return state === health.state && counter === health.counter ? health : { state, counter };
}
