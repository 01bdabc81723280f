import type { Config, HealthCheck } from "../config/mod.ts";
import type { OverrideHappening } from "../events/mod.ts";
import { type BackendState, effectiveWeights, step } from "../health/mod.ts";
import { formerNames, keptWord, verdictOf, vipOf } from "./apply.ts";
import { BackendEntry } from "./backend.ts";
import { useOnJoining } from "./fail_open.ts";
import { asItIs, type Condition, countedSide, standingIn } from "./forecast.ts";
import type { FrontendEntry, Membership } from "./frontend.ts";
import {
  type BackendOutcome,
  type FrontendOutcome,
  frontendOutcome,
  type Side,
} from "./outcome.ts";
import type { Addition, Change, Plan, World } from "./plan.ts";
import type { Steps } from "./slices.ts";
import type { DesiredSource, ForeseenReload } from "./types.ts";

/** How a backend would stand. */
type Conditions = ReadonlyMap<BackendEntry, Condition>;

/**
 * What carrying out a plan at `now` (Unix milliseconds) would come to. Neither `old` nor the plan is
 * touched.
 */
export function* foreseePlan(
  old: World,
  plan: Plan,
  now: number,
): Steps<Omit<ForeseenReload, "changes">> {
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
  const inheritance = { former: formerNames(plan), predecessor: predecessors(old, plan), now };
  return {
    backends,
    frontends: yield* frontends(plan, conditions, inheritance),
    overrides: [...yield* overruledWeights(plan, inheritance), ...keptWords(plan)],
    desired: new Foreseen(plan, conditions, inheritance),
  };
}

/** Weights set by hand that will not count any more. */
function* overruledWeights(
  plan: Plan,
  { former, predecessor }: Inheritance,
): Steps<OverrideHappening[]> {
  const overruled: OverrideHappening[] = [];
  for (const entry of plan.frontends.fresh) {
    const before = predecessor(entry);
    const lost = new Map(before?.weightsByHand().map((saved) => [saved.backend, saved]));
    for (const [name, { backend }] of lost.size > 0 ? entry.members : []) {
      if (before && entry.inherited(before, name, former)) lost.delete(former(backend) ?? name);
    }
    overruled.push(...Array.from(lost.values(), (saved) => entry.overruledBy(saved)));
    yield;
  }
  return overruled;
}

/** What operators said of `enabled` and will count still, though the file says something new. */
function keptWords({ backends: { changed, fresh } }: Plan): OverrideHappening[] {
  const words = [
    ...changed.map(({ entry, enabled }) => ({ entry, enabled, said: entry.operatorEnabled })),
    ...fresh.map(({ entry, donor, isRenamed }) => ({
      ...{ entry, enabled: entry.config.enabled },
      said: isRenamed ? donor?.operatorEnabled : undefined,
    })),
  ];
  return words.flatMap(({ entry, enabled, said }) => {
    const isKept = enabled !== undefined && said !== undefined && said !== enabled;
    return isKept ? [keptWord(entry, said)] : [];
  });
}

/** Whose words of operators count for what a plan makes. */
interface Inheritance {
  /** What a backend was called before, if it has another name. */
  readonly former: ReturnType<typeof formerNames>;
  /** What a frontend was before: of the same name, or of the same VIP. */
  readonly predecessor: (entry: FrontendEntry) => FrontendEntry | undefined;
  /** Unix milliseconds. */
  readonly now: number;
}

function predecessors(old: World, plan: Plan): Inheritance["predecessor"] {
  const gone = new Map(plan.frontends.gone.map((entry) => [vipOf(entry.file), entry]));
  return ({ file }) => old.frontends.get(file.name) ?? gone.get(vipOf(file));
}

/** What VPP is to hold once a plan is carried out: worked out when it is asked for. */
class Foreseen implements DesiredSource {
  readonly config: Config;

  constructor(
    private readonly plan: Plan,
    private readonly conditions: Conditions,
    private readonly inheritance: Inheritance,
  ) {
    this.config = plan.world.config;
  }

  frontendNames(): readonly string[] {
    return this.plan.world.frontendNames;
  }

  frontend(name: string): ReturnType<DesiredSource["frontend"]> {
    const entry = this.plan.world.frontends.get(name);
    if (!entry) return undefined;
    const side = plannedSide(entry, this.conditions, this.inheritance);
    const pools = entry.file.pools.map((pool) => ({
      ...pool,
      backends: pool.backends.map((place) => ({
        ...place,
        weight: side.place(place.backend)?.weight ?? place.weight,
      })),
    }));
    const config = { ...entry.file, pools };
    const unknown = { state: "removed", untested: false } as const;
    const standingOf = (backend: string) => side.place(backend)?.standing ?? unknown;
    return { config, weights: effectiveWeights(config, side.tally.activePool, standingOf) };
  }
}

function* frontends(
  plan: Plan,
  conditions: Conditions,
  inheritance: Inheritance,
): Steps<readonly FrontendOutcome[]> {
  const outcomes: (FrontendOutcome | undefined)[] = [];
  const leaving = new Set(plan.frontends.gone);
  const concerned = new Set(plan.frontends.fresh);
  for (const { entry } of plan.backends.changed) {
    for (const { frontend } of entry.placement.memberships) {
      const isKept = plan.world.frontends.get(frontend.file.name) === frontend;
      if (isKept) concerned.add(frontend);
    }
  }
  for (const entry of concerned) {
    const before = inheritance.predecessor(entry);
    if (before) leaving.delete(before);
    const after = plannedSide(entry, conditions, inheritance);
    const names = [...entry.members.keys(), ...before?.members.keys() ?? []];
    const { name } = entry.file;
    outcomes.push(yield* frontendOutcome(name, before && asItIs(before), after, names, []));
    yield "long";
  }
  for (const entry of leaving) {
    const names = entry.members.keys();
    outcomes.push(yield* frontendOutcome(entry.file.name, asItIs(entry), undefined, names, []));
    yield "long";
  }
  return outcomes.flatMap((each) => each ?? [])
    .sort((a, b) => a.frontend < b.frontend ? -1 : 1);
}

/** A frontend of the new world, with the weights that operators have set where it was before. */
function plannedSide(
  frontend: FrontendEntry,
  conditions: Conditions,
  { former, predecessor, now }: Inheritance,
): Side {
  const before = predecessor(frontend);
  const donor = before === frontend ? undefined : before;
  const weightOf = ({ backend: { name }, weight }: Membership) =>
    (donor && frontend.inherited(donor, name, former))?.weight ?? weight;
  const standingOf = ({ backend }: Membership) => standingIn(conditions.get(backend) ?? backend);
  const lastUseOf = (member: Membership) => {
    const { backend } = member;
    if (before === frontend) return member.lastUse;
    return useOnJoining(member, before?.members.get(former(backend) ?? backend.name));
  };
  return countedSide(frontend, before?.open, { weightOf, standingOf, lastUseOf }, now);
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
