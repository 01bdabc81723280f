import type { HealthCheck } from "../config/mod.ts";
import { type BackendState, FrontendTally, roleOf, step } from "../health/mod.ts";
import { formerNames, verdictOf, vipOf } from "./apply.ts";
import { BackendEntry } from "./backend.ts";
import { asItIs, type Condition, sideOf, standingIn } from "./forecast.ts";
import type { FrontendEntry, Membership } from "./frontend.ts";
import {
  type BackendOutcome,
  type FrontendOutcome,
  frontendOutcome,
  type Outcome,
  type Side,
} from "./outcome.ts";
import type { Addition, Change, Plan, World } from "./plan.ts";
import type { Steps } from "./slices.ts";

/** How a backend would stand. */
type Conditions = ReadonlyMap<BackendEntry, Condition>;

/** What carrying out a plan would come to. Neither `old` nor the plan is touched. */
export function* foreseePlan(old: World, plan: Plan): Steps<Outcome> {
  const { fresh, changed, gone } = plan.backends;
  const conditions = new Map<BackendEntry, Condition>();
  for (const addition of fresh) {
    conditions.set(addition.entry, added(addition));
    yield;
  }
  for (const change of changed) {
    conditions.set(change.entry, altered(change));
    yield;
  }
  const backends: BackendOutcome[] = [];
  for (const { entry } of changed) {
    const [from, to] = [entry.health.state, stateIn(conditions, entry)];
    if (from !== to) backends.push({ backend: entry.name, from, to });
  }
  for (const { name, health } of gone) {
    backends.push({ backend: name, from: health.state, to: "removed" });
  }
  return { backends, frontends: yield* frontends(old, plan, conditions) };
}

function* frontends(
  old: World,
  plan: Plan,
  conditions: Conditions,
): Steps<readonly FrontendOutcome[]> {
  const outcomes: (FrontendOutcome | undefined)[] = [];
  const former = formerNames(plan);
  const leaving = new Map(plan.frontends.gone.map((entry) => [vipOf(entry), entry]));
  const concerned = new Set(plan.frontends.fresh);
  for (const { entry } of plan.backends.changed) {
    for (const { frontend } of entry.placement.memberships) {
      const isKept = plan.world.frontends.get(frontend.file.name) === frontend;
      if (isKept) concerned.add(frontend);
    }
  }
  for (const entry of concerned) {
    const renamed = leaving.get(vipOf(entry));
    const known = old.frontends.get(entry.file.name);
    if (!known && renamed) leaving.delete(vipOf(entry));
    const before = known ?? renamed;
    const weightOf = entry === known
      ? undefined
      : (name: string) => before && entry.inherited(before, name, former);
    const after = plannedSide(entry, conditions, weightOf);
    const names = [...entry.members.keys(), ...before?.members.keys() ?? []];
    const { name } = entry.file;
    outcomes.push(frontendOutcome(name, before && asItIs(before), after, names, []));
    yield "long";
  }
  for (const entry of leaving.values()) {
    const names = entry.members.keys();
    outcomes.push(frontendOutcome(entry.file.name, asItIs(entry), undefined, names, []));
    yield "long";
  }
  return outcomes.flatMap((each) => each ?? [])
    .sort((a, b) => a.frontend < b.frontend ? -1 : 1);
}

/** A frontend of the new world; `inherited` finds weights that operators have set, if it is new. */
function plannedSide(
  frontend: FrontendEntry,
  conditions: Conditions,
  inherited: ((backend: string) => { readonly weight: number } | undefined) | undefined,
): Side {
  const tally = new FrontendTally(frontend.file.pools.length);
  const weightOf = ({ backend: { name }, weight }: Membership) =>
    inherited?.(name)?.weight ?? weight;
  const standingOf = ({ backend }: Membership) => standingIn(conditions.get(backend) ?? backend);
  for (const member of frontend.members.values()) {
    tally.add(member.pool, weightOf(member), roleOf(standingOf(member)));
  }
  return sideOf(frontend, tally, weightOf, standingOf);
}

/** What a new backend would be, worked out with one that nobody else has. */
function added({ entry, donor, isAlike, isRenamed }: Addition): Condition {
  if (!donor) return entry;
  const { config, job: { target }, since } = entry;
  const trial = new BackendEntry(config, target, since);
  trial.takeOver(donor, isAlike, isRenamed);
  return trial.operatorEnabled === undefined
    ? enabledAs(trial, config.enabled, target.check)
    : trial;
}

/** What a backend that stays would be. */
function altered(change: Change): Condition {
  const { entry, target, enabled } = change;
  const { drain } = entry;
  const condition = {
    ...verdictOf(change) ?? { health: entry.health, untested: entry.untested },
    drain,
  };
  const isSaid = enabled === undefined || entry.operatorEnabled !== undefined;
  return isSaid ? condition : enabledAs(condition, enabled, target.check);
}

function enabledAs(condition: Condition, enabled: boolean, check: HealthCheck): Condition {
  const outcome = step(condition.health, enabled ? "enable" : "disable", check);
  if (outcome.kind === "refused") return condition;
  const untested = condition.untested && outcome.probing === "keep";
  return { health: outcome.health, untested, drain: enabled ? condition.drain : undefined };
}

function stateIn(conditions: Conditions, entry: BackendEntry): BackendState {
  return (conditions.get(entry) ?? entry).health.state;
}
