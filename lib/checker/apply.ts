import { because, type EventSink, type Reason } from "../events/mod.ts";
import { type Health, isProbed, recheck } from "../health/mod.ts";
import type { HealthCheck } from "../config/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { FrontendEntry } from "./frontend.ts";
import type { Change, Plan, World } from "./plan.ts";
import type { Probing } from "./probing.ts";
import type { Steps } from "./slices.ts";
import type { States } from "./states.ts";
import type { CheckerObserver } from "./types.ts";

/** What carrying out a plan needs. */
export interface ApplyContext {
  readonly clock: Clock;
  readonly states: States;
  readonly probing: Probing<BackendEntry>;
  readonly events: EventSink;
  readonly observer: CheckerObserver;
  readonly log: Logger;
  /** Milliseconds within which the first probe by a check comes, by the new configuration. */
  readonly firstWithinMs: (check: HealthCheck) => number;
}

/** What is known of a server, which may be nothing. */
interface Verdict {
  readonly health: Health;
  readonly untested: boolean;
}

/** What `swap` leaves to `settle`. */
export interface Unsettled {
  /** What moved backends take over from those who were probed there before. */
  readonly verdicts: ReadonlyMap<BackendEntry, Verdict>;
}

/** Members of a frontend that are looked at in one step. */
const membersPerStep = 256;

/**
 * Puts the plan's world in place of `old` in one step: nobody ever sees weights of one
 * configuration with backends of another. Only assignments, so that it stays short with tens
 * of thousands of backends; what takes longer is frozen here and left to `settle`.
 *
 * `publish` is called when the new world is complete.
 */
export function swap(
  old: World,
  { world, backends, frontends, placings }: Plan,
  { probing }: ApplyContext,
  publish: (world: World) => void,
): Unsettled {
  // Before any of them changes: two backends may have changed places.
  const verdicts = new Map<BackendEntry, Verdict>();
  for (const { entry, donor, target } of backends.changed) {
    if (!donor) continue;
    const health = recheck(donor.health, donor.check, target.check, "timing");
    verdicts.set(entry, { health, untested: donor.untested });
  }
  for (const { entry, donor, isAlike } of backends.fresh) {
    if (donor) entry.takeOver(donor, isAlike);
  }
  for (const change of backends.changed) retarget(change, probing);
  for (const entry of backends.gone) {
    probing.freeze(entry.job);
    // Its old frontends are told by name; it does not count for them any more.
    entry.placement = { ...entry.placement, memberships: [] };
  }
  for (const { entry, placement } of placings) entry.placement = placement;
  const former = new Map(backends.fresh.map(({ entry, donor }) => [entry, donor?.name]));
  for (const entry of frontends.fresh) {
    entry.takeOver(old.frontends.get(entry.file.name), (backend) => former.get(backend));
  }
  publish(world);
  return { verdicts };
}

function retarget(
  { entry, config, target, recheck: what }: Change,
  probing: Probing<BackendEntry>,
) {
  entry.config = config;
  const before = entry.check;
  if (what === "target") probing.freeze(entry.job);
  entry.job.target = target;
  if (what) entry.health = recheck(entry.health, before, target.check, what);
}

/** The rest, step by step, after `swap`: each is a change like any other. */
export function* settle(
  old: World,
  plan: Plan,
  { verdicts }: Unsettled,
  context: ApplyContext,
  reason: Reason,
): Steps<void> {
  const { states, probing, observer, firstWithinMs } = context;
  for (const entry of plan.backends.gone) {
    states.input(entry, "remove", reason);
    observer.removed(entry.name);
    yield;
  }
  for (const change of plan.backends.changed) {
    settleChange(change, verdicts.get(change.entry), context, reason);
    yield;
  }
  for (const { entry, donor } of plan.backends.fresh) {
    // What is so from the start is no change.
    if (reason.cause.kind !== "start") states.introduce(entry, reason);
    if (donor) settleEnabled(entry, entry.config.enabled, context, reason);
    if (isProbed(entry.health.state)) probing.hasten(entry.job, firstWithinMs(entry.check));
    yield;
  }
  yield* tellFrontends(old, plan, context, reason);
  yield* shorten(old, plan.world);
}

function settleChange(
  { entry, recheck: what, enabled }: Change,
  verdict: Verdict | undefined,
  context: ApplyContext,
  reason: Reason,
): void {
  const { states, probing, firstWithinMs } = context;
  const isBackInService = enabled === true && entry.operatorEnabled === undefined &&
    entry.health.state === "disabled";
  if (isBackInService && verdict && isProbed(verdict.health.state)) {
    // A name that was out of service is given to a server that is known, and may have traffic.
    entry.untested = verdict.untested;
    return states.begin(entry, verdict.health, reason);
  }
  if (what && isProbed(entry.health.state)) {
    if (verdict && isProbed(verdict.health.state)) {
      entry.untested = verdict.untested;
      states.enter(entry, verdict.health, reason);
    }
    probing.hasten(entry.job, firstWithinMs(entry.check));
  }
  if (enabled !== undefined) settleEnabled(entry, enabled, context, reason);
}

/** Carries out what the file says of `enabled`, unless an operator has said something. */
function settleEnabled(
  entry: BackendEntry,
  enabled: boolean,
  { states, log }: ApplyContext,
  reason: Reason,
): void {
  const operator = entry.operatorEnabled;
  if (operator === undefined) states.input(entry, enabled ? "enable" : "disable", reason);
  else if (operator !== enabled) {
    log.info("backend-enabled-kept", { backend: entry.name, file: enabled, operator });
  }
}

/** Tells what became of the frontends that the file says something new about. */
function* tellFrontends(
  old: World,
  { frontends }: Plan,
  { events, clock }: ApplyContext,
  reason: Reason,
): Steps<void> {
  for (const entry of frontends.fresh) {
    const before = old.frontends.get(entry.file.name);
    if (before) events.emit(because(reason, [...before.departures(entry)]));
    yield* tellFrontend(entry, events, clock, reason);
  }
  for (const entry of frontends.gone) {
    events.emit(because(reason, [entry.gone(clock.wall())]));
    yield;
  }
}

/** The weights in pieces, then the rest: a frontend may have ten thousand backends. */
function* tellFrontend(
  entry: FrontendEntry,
  events: EventSink,
  clock: Clock,
  reason: Reason,
): Steps<void> {
  const members = [...entry.members.values()];
  for (let start = 0; start < members.length; start += membersPerStep) {
    const part = members.slice(start, start + membersPerStep);
    events.emit(entry.unannounced(part, reason, clock.wall()));
    yield;
  }
}

/** Cuts histories that are longer than is now allowed. */
function* shorten(old: World, { config, backends }: World): Steps<void> {
  const limit = config.transitionHistory;
  if (limit >= old.config.transitionHistory) return;
  for (const entry of backends.values()) {
    entry.transitions = entry.transitions.slice(0, limit);
    yield;
  }
}
