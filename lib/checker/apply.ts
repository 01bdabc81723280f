import { isProbed } from "../health/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { Announcement } from "./events.ts";
import type { Change, Plan, World } from "./plan.ts";
import type { Probing } from "./probing.ts";
import type { Steps } from "./slices.ts";
import type { States } from "./states.ts";
import type { CheckerObserver } from "./types.ts";

/** What carrying out a plan needs. */
export interface Machinery {
  readonly states: States;
  readonly probing: Probing<BackendEntry>;
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
  plan: Plan,
  { states, probing }: Machinery,
  publish: (world: World) => void,
): Announcement[] {
  for (const change of plan.changes) retarget(change, probing);
  for (const entry of plan.gone) {
    probing.freeze(entry.job);
    // Its old frontends are told by name; they are not counted any more.
    entry.placement = { ...entry.placement, memberships: [] };
  }
  for (const [entry, placement] of plan.placements) entry.placement = placement;
  for (const [name, frontend] of plan.world.frontends) {
    frontend.state = old.frontends.get(name)?.state ?? "unknown";
    frontend.takeOver();
  }
  publish(plan.world);
  return [...plan.world.frontends.values()].flatMap((frontend) => states.recheck(frontend));
}

/** The rest, backend by backend, after `swap`: each step is a transition like any other. */
export function* settle(plan: Plan, machinery: Machinery): Steps<void> {
  const { states, probing, observer } = machinery;
  for (const entry of plan.gone) {
    states.input(entry, "remove");
    observer.removed(entry.name);
    yield;
  }
  for (const change of plan.changes) {
    settleChange(change, plan, machinery);
    yield;
  }
  for (const { health, job, check } of plan.fresh) {
    if (isProbed(health.state)) probing.begin(job, check.fastIntervalMs);
    yield;
  }
}

function retarget(change: Change, probing: Probing<BackendEntry>): void {
  const { entry, config, check } = change;
  entry.config = config;
  if (change.probing === "restart") return probing.freeze(entry.job);
  if (change.probing === "move" && entry.job.flight) probing.freeze(entry.job);
  entry.job.target = { ...entry.job.target, address: config.address, check };
}

function settleChange(change: Change, plan: Plan, { states, probing, log }: Machinery): void {
  const { entry, config, check, enabled } = change;
  const { netns, transitionHistory } = plan.world.config;
  if (change.probing === "restart") {
    entry.job.target = { address: config.address, check, netns };
    states.input(entry, "restart");
  } else if (isProbed(entry.health.state)) {
    probing.wake(entry.job);
  }
  if (enabled !== undefined) {
    if (entry.operatorEnabled === undefined) states.input(entry, enabled ? "enable" : "disable");
    else log.info("backend-enabled-kept", { backend: entry.name, file: enabled, ...said(entry) });
  }
  if (entry.transitions.length > transitionHistory) {
    entry.transitions = entry.transitions.slice(0, transitionHistory);
  }
}

function said(entry: BackendEntry): { readonly operator: boolean } | undefined {
  return entry.operatorEnabled === undefined ? undefined : { operator: entry.operatorEnabled };
}
