import { pause } from "../../time/mod.ts";
import {
  isEmpty,
  Occupied,
  planOne,
  planPrefix,
  planSweep,
  type PrefixPlan,
  prefixText,
} from "../lb/mod.ts";
import { type ApplyCounts, applyPlans, noCounts } from "./apply.ts";
import type { SyncContext } from "./context.ts";
import type { KnownState } from "./known.ts";
import type { DesiredView } from "./view.ts";

/** Prefixes planned and applied together. */
const batchSize = 64;

/**
 * Plans by what VPP is known to hold, and applies. Desired weights are taken at the moment of
 * planning, so nothing that was planned earlier can overwrite them.
 */
export class Applier {
  constructor(
    private readonly context: SyncContext,
    private readonly known: KnownState,
    private readonly desired: DesiredView,
  ) {}

  /** Applies frontends, adding to `total`; the result is those of which something was refused. */
  async frontends(names: readonly string[], total: ApplyCounts): Promise<string[]> {
    const refused: string[] = [];
    for (let start = 0; start < names.length; start += batchSize) {
      refused.push(...await this.#batch(names.slice(start, start + batchSize), total));
      await pause(this.context.clock);
    }
    return refused;
  }

  /**
   * Applies everything, adding to `counts`, until `interrupted` says between two batches that it
   * is to stop. VIPs that nobody asks for go last.
   */
  async everything(counts: ApplyCounts, interrupted: () => Promise<boolean>): Promise<void> {
    const { generation } = this.desired;
    const prefixes = this.desired.prefixes();
    for (let start = 0; start < prefixes.length; start += batchSize) {
      if (await interrupted()) return;
      const plans: PrefixPlan[] = [];
      for (const [prefix, frontends] of prefixes.slice(start, start + batchSize)) {
        plans.push(this.#planPrefix(prefix, frontends));
        await pause(this.context.clock);
      }
      if (this.desired.generation !== generation) return;
      await this.#apply(plans, "all", counts);
    }
    await this.#sweep(counts, interrupted);
  }

  async #batch(names: readonly string[], total: ApplyCounts): Promise<string[]> {
    const refused: string[] = [];
    const plans = names.map((name) => ({ name, plan: this.#planFrontend(name) }));
    const simple = plans.filter(({ plan }) => plan && isSimple(plan));
    if (!await this.#accepted(simple.flatMap(({ plan }) => plan ?? []), total)) {
      refused.push(...simple.map(({ name }) => name));
    }
    for (const { name, plan } of plans) {
      if (!plan || isSimple(plan)) continue;
      // Planned again: making one VIP anew may have changed its siblings.
      const again = this.#planFrontend(name);
      if (again && !await this.#accepted([again], total)) refused.push(name);
    }
    return refused;
  }

  #planFrontend(name: string): PrefixPlan | undefined {
    const { mayTouch, ledger, log } = this.context;
    const target = this.desired.vip(name);
    if (!target || !mayTouch(name)) return undefined;
    ledger.settle(target);
    const plan = planOne(target, {
      actual: this.known.onPrefix(prefixText(target)),
      siblings: () => this.desired.siblings(target),
      mayRecreate: mayTouch,
    }, ledger);
    if (plan.blocked.length > 0) {
      log.info("vpp-lbsync-blocked", {
        frontend: name,
        vip: plan.prefix,
        port: target.port,
        reason: "another VIP of the address is in its way, which only a full sync may remove",
      });
    }
    return plan;
  }

  #planPrefix(prefix: string, frontends: readonly string[]): PrefixPlan {
    const desired = this.desired.vips(frontends);
    for (const vip of desired) this.context.ledger.settle(vip);
    const actual = this.known.onPrefix(prefix);
    return planPrefix({ desired, actual }, this.context.ledger);
  }

  /** Removes what no frontend asks for. */
  async #sweep(counts: ApplyCounts, interrupted: () => Promise<boolean>): Promise<void> {
    if (await interrupted()) return;
    const ids = this.desired.ids();
    this.context.ledger.keepVips(ids);
    const plans = planSweep([...this.known.all()].filter(({ id }) => !ids.has(id)));
    for (let start = 0; start < plans.length; start += batchSize) {
      if (start > 0 && await interrupted()) return;
      await this.#apply(plans.slice(start, start + batchSize), "all", counts);
    }
  }

  /** Applies for one frontend or several; false when VPP refused something. */
  async #accepted(plans: readonly PrefixPlan[], total: ApplyCounts): Promise<boolean> {
    const counts = noCounts();
    await this.#apply(plans, "vip", counts);
    addCounts(total, counts);
    return counts.refused === 0;
  }

  async #apply(
    plans: readonly PrefixPlan[],
    scope: "all" | "vip",
    counts: ApplyCounts,
  ): Promise<void> {
    const work = plans.filter((plan) => !isEmpty(plan));
    if (work.length === 0) return;
    const occupied = new Occupied(this.context.checker.config, this.known);
    await applyPlans(work, { ...this.context, known: this.known, occupied, scope }, counts);
  }
}

/** Whether only servers change, on the one VIP. */
function isSimple(plan: PrefixPlan): boolean {
  return plan.removals.length === 0 && plan.changes.every(({ addition }) => addition === "none");
}

/** Adds `counts` to `total`. */
export function addCounts(total: ApplyCounts, counts: ApplyCounts): void {
  for (const kind of Object.keys(counts) as (keyof ApplyCounts)[]) total[kind] += counts[kind];
}
