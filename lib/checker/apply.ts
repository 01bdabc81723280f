import { isProbed } from "../health/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { Announcement } from "./events.ts";
import type { Change, Plan, World } from "./plan.ts";
import type { Probing } from "./probing.ts";
import type { Steps } from "./slices.ts";
import type { States } from "./states.ts";
import type { CheckerObserver } from "./types.ts";

type Prober = Probing<BackendEntry>;

/** What carrying out a plan needs. */
export interface Machinery {
  readonly states: States;
  readonly probing: Prober;
  readonly observer: CheckerObserver;
  readonly log: Logger;
}

/**
 * Puts the plan's world in place of `old` in one step: nobody ever sees weights of one
 * configuration with backends of another. Only assignments, so that it stays short with tens
 * of thousands of backends; what takes longer is frozen here and left to `settle`.
 *
 * `publish` is called when the new world is complete, and the changes of frontends are returned.
 */
export function swap(
  old: World,
  { world, backends, frontends, placings }: Plan,
  { states, probing }: Machinery,
  publish: (world: World) => void,
): Announcement[] {
  for (const change of backends.changed) retarget(change, probing);
  for (const entry of backends.gone) {
    probing.freeze(entry.job);
    // Its old frontends are told by name; it does not count for them any more.
    entry.placement = { ...entry.placement, memberships: [] };
  }
  for (const { entry, placement } of placings) entry.placement = placement;
  const changed = [...frontends.fresh];
  for (const entry of frontends.fresh) {
    entry.state = old.frontends.get(entry.config.name)?.state ?? "unknown";
    entry.takeOver();
  }
  for (const { entry, found, config } of frontends.kept) {
    if (entry.config === found) continue;
    entry.reset(config);
    changed.push(entry);
  }
  publish(world);
  return changed.flatMap((frontend) => states.recheck(frontend));
}

/** The rest, backend by backend, after `swap`: each step is a transition like any other. */
export function* settle(old: World, plan: Plan, machinery: Machinery): Steps<void> {
  const { states, probing, observer } = machinery;
  for (const entry of plan.backends.gone) {
    states.input(entry, "remove");
    observer.removed(entry.name);
    yield;
  }
  for (const change of plan.backends.changed) {
    settleChange(change, machinery);
    yield;
  }
  for (const { health, job, check } of plan.backends.fresh) {
    if (isProbed(health.state)) probing.begin(job, check.fastIntervalMs);
    yield;
  }
  yield* shorten(old, plan.world);
}

function retarget({ entry, config, target, probing: kind }: Change, probing: Prober): void {
  entry.config = config;
  const isOnItsWay = entry.job.flight !== undefined;
  if (kind === "restart" || (kind === "move" && isOnItsWay)) probing.freeze(entry.job);
  if (kind !== "restart") entry.job.target = target;
}

function settleChange(change: Change, { states, probing, log }: Machinery): void {
  const { entry, target, enabled } = change;
  if (change.probing === "restart") {
    entry.job.target = target;
    states.input(entry, "restart");
  } else if (isProbed(entry.health.state)) {
    probing.wake(entry.job);
  }
  const operator = entry.operatorEnabled;
  if (enabled === undefined) return;
  if (operator === undefined) states.input(entry, enabled ? "enable" : "disable");
  else log.info("backend-enabled-kept", { backend: entry.name, file: enabled, operator });
}

/** Cuts histories that are longer than is now allowed. */
function* shorten(old: World, { config, backends }: World): Steps<void> {
  const limit = config.transitionHistory;
  if (limit >= old.config.transitionHistory) return;
  for (const entry of backends.values()) {
    if (entry.transitions.length > limit) entry.transitions = entry.transitions.slice(0, limit);
    yield;
  }
}
