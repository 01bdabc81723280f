import type { DesiredView } from "../state/desired.ts";
import type { KnownState } from "../state/known.ts";
import type { Ledger } from "../state/ledger.ts";
import { planOne, planPrefix, planSweep, type PrefixPlan } from "../state/plan.ts";
import { prefixText } from "../state/vip.ts";

/** Something that is to be as desired. */
export interface Target {
  /** What is to be done now; undefined when it is nobody's business any more. */
  plan(): PrefixPlan | undefined;
}

/** What is desired, at the moment of asking. */
export type Desired = Pick<DesiredView, keyof DesiredView>;

/** What targets are planned by. */
export interface Planning {
  readonly desired: Desired;
  readonly known: KnownState;
  readonly ledger: Ledger;
  /** Whether the VIP of this frontend may be touched: not all may in the warm-up. */
  readonly mayTouch: (frontend: string) => boolean;
}

/**
 * The VIP of one frontend. It never removes a VIP that no frontend asks for, though it may have to
 * make its siblings on the address anew: from then on they belong to it.
 */
export function frontendTarget(name: string, planning: Planning): Target {
  const names = new Set([name]);
  return {
    plan: () => {
      const plans = [...names].flatMap((each) => planFrontend(each, planning) ?? []);
      for (const { removals } of plans) for (const { frontend } of removals) names.add(frontend);
      return united(plans);
    },
  };
}

function planFrontend(name: string, planning: Planning): PrefixPlan | undefined {
  const { desired, known, ledger, mayTouch } = planning;
  const target = desired.vip(name);
  if (!target || !mayTouch(name)) return undefined;
  ledger.settle(target);
  return planOne(target, {
    actual: known.onPrefix(prefixText(target)),
    siblings: () => desired.siblings(target),
    mayRecreate: mayTouch,
  }, ledger);
}

/** Plans of one prefix as one, each VIP once. */
function united(plans: readonly PrefixPlan[]): PrefixPlan {
  const removals = new Map(plans.flatMap((plan) => plan.removals.map((one) => [one.vip.id, one])));
  const changes = new Map(plans.flatMap((plan) => plan.changes.map((one) => [one.vip.id, one])));
  return {
    removals: [...removals.values()],
    changes: [...changes.values()],
    blocked: plans.flatMap(({ blocked }) => blocked),
    looked: plans.reduce((sum, { looked }) => sum + looked, 0),
  };
}

/**
 * Everything that is desired, prefix by prefix, in order; VIPs that no frontend asks for go last.
 * Of no use any more once the configuration is another one.
 */
export function* allTargets(planning: Planning): Generator<Target> {
  yield* desiredTargets(planning);
  yield* staleTargets(planning);
}

function* desiredTargets({ desired, known, ledger }: Planning): Generator<Target> {
  const { generation } = desired;
  for (const [prefix, frontends] of desired.prefixes()) {
    yield {
      plan: () => {
        if (desired.generation !== generation) return undefined;
        const vips = desired.vips(frontends);
        for (const vip of vips) ledger.settle(vip);
        return planPrefix({ desired: vips, actual: known.onPrefix(prefix) }, ledger);
      },
    };
  }
}

/** The VIPs that VPP is known to have and that no frontend asks for. */
function* staleTargets({ desired, known, ledger }: Planning): Generator<Target> {
  const isStale = ({ id }: { readonly id: string }) => !desired.ids().has(id);
  ledger.keepVips(desired.ids());
  for (const { removals } of planSweep([...known.all()].filter(isStale))) {
    yield {
      plan: () =>
        planSweep(removals.flatMap(({ vip }) => known.vip(vip.id) ?? []).filter(isStale))[0],
    };
  }
}
