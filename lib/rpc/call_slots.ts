import { type Budgets, PeerShares, prefixOf, type SharedBudgetSpec } from "../port/mod.ts";
import { exhausted } from "./errors.ts";
import { type CallClass, callClasses } from "./limits.ts";
import type { CallContext } from "./rpc.ts";

/**
 * Calls that cost more than an answer from memory. Of each class so many are under way; one more is
 * refused at once, so that the others are answered in time. This machine has slots of its own.
 */
export class CallSlots {
  /** None of them is taken yet. */
  constructor(private readonly shares: PeerShares) {}

  /** Runs a call if there is a slot. Rejects with ResourceExhausted if there is none. */
  async run<T>(
    { principal: { peer } }: Pick<CallContext, "principal">,
    work: () => T | Promise<T>,
  ): Promise<T> {
    const { shares } = this;
    const prefix = prefixOf(peer);
    const claim = shares.claim(prefix);
    if (typeof claim === "string") {
      throw exhausted(`too many at a time: ${shares.refuse(claim, prefix, peer)}`);
    }
    try {
      return await work();
    } finally {
      claim.giveBack();
    }
  }
}

/** The slots of each class. */
export type CallSlotsByClass = Readonly<Record<CallClass, CallSlots>>;

/** Opens the budgets of all classes. */
export function openCallSlots(budgets: Budgets): CallSlotsByClass {
  const open = (spec: SharedBudgetSpec) => new CallSlots(new PeerShares(budgets.open(spec), spec));
  const { checks, reloads, vppReads, vppSyncs, lists, archive } = callClasses;
  return {
    ...{ checks: open(checks), reloads: open(reloads), lists: open(lists), archive: open(archive) },
    ...{ vppReads: open(vppReads), vppSyncs: open(vppSyncs) },
  };
}
