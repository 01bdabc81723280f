import { because, type EventData, type EventSink, type Reason } from "../events/mod.ts";
import { isProbed, recheck } from "../health/mod.ts";
import type { Frontend } from "../config/mod.ts";
import { type Clock, momentOf, type Steps } from "../time/mod.ts";
import type { BackendEntry } from "./backend.ts";
import { type FrontendEntry, weightEnded } from "./frontend.ts";
import type { Change, Generation, Plan } from "./plan.ts";
import { isProbedAlike } from "./same.ts";
import type { Former } from "./standings.ts";
import type { EngineOptions, Entering, States } from "./states.ts";

/** What carrying out a plan needs. */
export interface ApplyContext extends EngineOptions {
  readonly states: States;
}

/** Members of a frontend that are looked at in one step. */
const membersPerStep = 256;

/**
 * Puts the plan's generation in place of `old` in one step: nobody ever sees weights of one
 * configuration with backends of another, nor a backend at another server with what was found out
 * about the one before, if anything is known of the other. Little more than assignments, so that it
 * stays short with tens of thousands of backends; what takes longer is left to whoever looks first,
 * or to `settle`.
 *
 * `publish` is called when the new generation is complete.
 */
export function swap(
  old: Generation,
  { generation, backends, frontends, placings }: Plan,
  { probing, states, clock }: ApplyContext,
  reason: Reason,
  publish: (generation: Generation) => void,
): void {
  // Before any of them changes: two backends may have changed places.
  const former = formerOf({ backends });
  const verdicts = backends.changed.flatMap((change) => verdictOf(change) ?? []);
  for (const { entry, donor, isAlike, isRenamed } of backends.fresh) {
    if (donor) entry.takeOver(donor, isAlike, isRenamed);
  }
  for (const change of backends.changed) retarget(change, probing);
  for (const entry of backends.gone) {
    probing.outdate(entry.job, "target");
    // Its old frontends are told by name; it does not count for them any more.
    entry.placement = { ...entry.placement, memberships: [] };
  }
  for (const { entry, placement } of placings) entry.placement = placement;
  const gone = new Map(frontends.gone.map((entry) => [vipOf(entry.file), entry]));
  const at = momentOf(clock);
  for (const entry of frontends.fresh) {
    const { name } = entry.file;
    const renamed = gone.get(vipOf(entry.file));
    entry.takeOver({ old: old.frontends.get(name), renamed, former, at });
  }
  publish(generation);
  states.enterAll(verdicts, reason);
}

/** Tells what backends of the plan are, as long as none of them has changed. */
function formerOf({ backends: { fresh, changed } }: Pick<Plan, "backends">): Former {
  const names = new Map(
    fresh.map(({ entry, donor, isRenamed }) => [entry, isRenamed ? donor?.name : undefined]),
  );
  const addresses = new Map(changed.map(({ entry }) => [entry, entry.config.address.text]));
  return {
    nameOf: (backend) => names.get(backend),
    addressOf: (backend) => addresses.get(backend) ?? backend.config.address.text,
  };
}

/** Tells VIPs apart: a port of 0 is all of any protocol. */
export function vipOf({ address, protocol, port }: Frontend): string {
  return port === 0 ? address.text : `${address.text} ${protocol} ${port}`;
}

/** What a moved backend takes over from the one that was probed there before, if both count. */
function verdictOf({ entry, donor, target, enabled }: Change): Entering | undefined {
  if (!donor || !isProbed(donor.health.state)) return undefined;
  const { health: { state } } = entry;
  // A name that was out of service may be given to a server that is known, and has traffic.
  const isBackInService = state === "disabled" && enabled === true;
  if (!isProbed(state) && !isBackInService) return undefined;
  const what = isProbedAlike(donor.job.target, target) ? "timing" : "target";
  const health = recheck(donor.health, donor.check, target.check, what);
  return { entry, health, untested: donor.untested };
}

function retarget(
  { entry, config, target, recheck: what }: Change,
  probing: ApplyContext["probing"],
) {
  const { check: before, health } = entry;
  entry.config = config;
  if (what) probing.outdate(entry.job, what);
  entry.job.target = target;
  if (what) entry.health = recheck(health, before, target.check, what);
  if (what === "target") entry.found = undefined;
}

/** The rest, step by step, after `swap`: each is a change like any other. */
export function* settle(
  old: Generation,
  plan: Plan,
  context: ApplyContext,
  reason: Reason,
): Steps<void> {
  const { states, probing, observer, events, firstWithinMs } = context;
  for (const entry of plan.frontends.fresh) {
    entry.finishTakeOver();
    yield;
  }
  const { nameOf } = formerOf(plan);
  const renamed = new Set(plan.backends.fresh.map(({ entry }) => nameOf(entry)));
  for (const entry of plan.backends.gone) {
    if (!renamed.has(entry.name)) events.emit(because(reason, forgottenWord(entry)));
    states.input(entry, "remove", reason);
    probing.forget(entry.job);
    observer.removed(entry.name);
    yield;
  }
  for (const change of plan.backends.changed) {
    settleChange(change, context, reason);
    yield;
  }
  for (const { entry, donor } of plan.backends.fresh) {
    // What is so from the start is no change.
    if (reason.cause.kind !== "start") states.introduce(entry, reason);
    const { config: { enabled }, operatorEnabled } = entry;
    const isStillSaid = operatorEnabled !== undefined && donor?.config.enabled === enabled;
    if (donor && !isStillSaid) settleEnabled(entry, enabled, context, reason);
    if (isProbed(entry.health.state)) {
      probing.aim(entry.job, entry.health, firstWithinMs(entry.check));
    }
    yield;
  }
  yield* tellFrontends(old, plan, context, reason);
  yield* shorten(old, plan.generation);
}

function settleChange(
  { entry, recheck: what, enabled, donor }: Change,
  context: ApplyContext,
  reason: Reason,
): void {
  const { probing, firstWithinMs } = context;
  if (isProbed(entry.health.state)) {
    const withinMs = firstWithinMs(entry.check);
    // Who came into service with what was known there was not probed until now.
    const isBackInService = donor !== undefined && enabled === true;
    if (what === "target" || isBackInService) probing.aim(entry.job, entry.health, withinMs);
    else probing.retime(entry.job, withinMs);
  }
  if (enabled !== undefined) settleEnabled(entry, enabled, context, reason);
}

/** Carries out what the file has come to say of `enabled`: what an operator said of it is over. */
function settleEnabled(
  entry: BackendEntry,
  enabled: boolean,
  { states, events }: ApplyContext,
  reason: Reason,
): void {
  const operator = entry.operatorEnabled;
  entry.operatorEnabled = undefined;
  if (operator === enabled) {
    // The file has come to say the same.
    const now = setting(enabled);
    events.emit(because(reason, [wordEnded(entry, now, setting(!enabled), now)]));
  } else {
    states.input(entry, enabled ? "enable" : "disable", reason);
  }
}

/** What operators have said of a backend that is not there any more. */
function forgottenWord(entry: BackendEntry): EventData<"override">[] {
  const { byHand } = entry.snapshot();
  return byHand ? [wordEnded(entry, byHand.state, setting(byHand.fileEnabled), "none")] : [];
}

/** What an operator had said of a backend's state counts no more. */
function wordEnded(
  { name }: BackendEntry,
  byHand: string,
  from: string,
  to: string,
): EventData<"override"> {
  const about = { backend: name, frontend: "", pool: "" };
  return { kind: "override", ...about, byHand, file: { from, to } };
}

function setting(isEnabled: boolean): string {
  return isEnabled ? "enabled" : "disabled";
}

/** Tells what became of the frontends that the file says something new about. */
function* tellFrontends(
  old: Generation,
  { frontends }: Plan,
  { events, clock }: ApplyContext,
  reason: Reason,
): Steps<void> {
  for (const entry of frontends.fresh) {
    const before = old.frontends.get(entry.file.name);
    events.emit(because(reason, [
      ...entry.takeOverruled(),
      ...before?.departures(entry) ?? [],
    ]));
    yield* tellFrontend(entry, events, clock, reason);
  }
  const renamed = frontends.fresh.filter(({ file: { name } }) => !old.frontends.has(name));
  const inherited = new Set(renamed.map(({ file }) => vipOf(file)));
  for (const entry of frontends.gone) {
    const forgotten = inherited.has(vipOf(entry.file)) ? [] : entry.weightsByHand();
    events.emit(because(reason, [
      ...forgotten.map((weight) => weightEnded(weight, "none")),
      ...entry.gone(clock.wall()),
    ]));
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
    events.emit(entry.unannounced(part, reason, momentOf(clock)));
    yield;
  }
}

/** Cuts histories that are longer than is now allowed. */
function* shorten(old: Generation, { config, backends }: Generation): Steps<void> {
  const limit = config.transitionHistory;
  if (limit >= old.config.transitionHistory) return;
  for (const entry of backends.values()) {
    entry.transitions = entry.transitions.slice(0, limit);
    yield;
  }
}
