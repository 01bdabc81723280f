import type { DesiredSource } from "../../checker/mod.ts";
import { type Clock, inSlices } from "../../time/mod.ts";
import { abortable, type ApiClient } from "../client/mod.ts";
import {
  type ActualVip,
  compareVips,
  confDifference,
  describeConf,
  describePlan,
  describeTables,
  type DesiredVip,
  planAll,
  plannedMoves,
  planOne,
  type PrefixPlan,
  prefixText,
  type Remembered,
  serversInOrder,
} from "../lb/mod.ts";
import type { LbState, LbVipState, PlannedChange, VppPlan } from "../service.ts";
import { DesiredView, readSnapshot, type Snapshot } from "../sync/mod.ts";

/**
 * What anybody may ask a connected VPP. However many ask at a time, one reading is on its way, and
 * one after it serves all who came meanwhile: a change never waits behind more than that. What
 * follows from a reading is worked out once for all who ask for the same.
 */
export class Reads {
  #last: Promise<unknown> = Promise.resolve();
  #next: Reading | undefined;

  constructor(
    private readonly client: Pick<ApiClient, "request" | "dump">,
    private readonly clock: Clock,
  ) {}

  /** Everything that the lb plugin holds at some moment after this call. Rejects as the client does. */
  async state(signal: AbortSignal | undefined): Promise<LbState> {
    return await abortable(this.#reading().state, signal);
  }

  /** What a sync would change then: of one frontend, or of everything. */
  async plan(
    frontend: string | undefined,
    query: PlanQuery,
    signal: AbortSignal | undefined,
  ): Promise<VppPlan> {
    return await abortable(this.#reading().plan(frontend, query), signal);
  }

  /** What a full sync would change then if `query` said what is desired, and not the checker. */
  async foresee(query: PlanQuery, signal: AbortSignal | undefined): Promise<VppPlan> {
    return await abortable(this.#reading().foresee(query), signal);
  }

  #reading(): Reading {
    return this.#next ??= new Reading(this.#begin());
  }

  async #begin(): Promise<Snapshot> {
    await Promise.allSettled([this.#last]);
    this.#next = undefined;
    const reading = readSnapshot(this.client, this.clock);
    this.#last = reading;
    return await reading;
  }
}

/** One reading, and what was made of it so far. */
class Reading {
  #state: Promise<LbState> | undefined;
  /** By frontend; undefined is everything. */
  readonly #plans = new Map<string | undefined, Promise<VppPlan>>();

  constructor(private readonly snapshot: Promise<Snapshot>) {}

  get state(): Promise<LbState> {
    return this.#state ??= this.snapshot.then(stateOf);
  }

  foresee(query: PlanQuery): Promise<VppPlan> {
    return this.snapshot.then((snapshot) => planOfAll(snapshot, query));
  }

  plan(frontend: string | undefined, query: PlanQuery): Promise<VppPlan> {
    const known = this.#plans.get(frontend);
    if (known) return known;
    const plan = this.snapshot.then((snapshot) =>
      frontend === undefined ? planOfAll(snapshot, query) : planOfOne(frontend, snapshot, query)
    );
    this.#plans.set(frontend, plan);
    return plan;
  }
}

/** Everything that the lb plugin holds, in order. */
function stateOf({ conf, vips }: Snapshot): LbState {
  return { conf, vips: [...vips.values()].sort(compareVips).map(vipState) };
}

function vipState(vip: ActualVip): LbVipState {
  const { address, prefixLength, protocol, port, encap, flowTableLength } = vip;
  return {
    ...{ address, prefixLength, protocol, port, encap, flowTableLength },
    srcIpSticky: vip.sticky ?? false,
    servers: serversInOrder(vip),
  };
}

/** What planning without doing needs. */
export interface PlanQuery {
  readonly checker: DesiredSource;
  readonly memory: Remembered;
  readonly clock: Clock;
}

/** What a full sync would change right now. */
async function planOfAll(
  { conf, vips }: Snapshot,
  { checker, memory, clock }: PlanQuery,
): Promise<VppPlan> {
  const difference = confDifference(conf, checker.config.lb);
  const desired = await inSlices(clock, desiredVips(checker));
  const plans = await inSlices(clock, planAll(desired, vips.values(), memory));
  const first = difference === "" ? [] : [describeConf(difference)];
  return await described(plans, desired, vips, clock, first);
}

/** `first` is what is done before all else. */
async function described(
  plans: readonly PrefixPlan[],
  desired: readonly DesiredVip[],
  vips: Snapshot["vips"],
  clock: Clock,
  first: readonly PlannedChange[] = [],
): Promise<VppPlan> {
  const changes = [
    ...first,
    ...plans.flatMap(describePlan),
    ...describeTables(desired, vips, plans),
  ];
  return { changes, moves: await inSlices(clock, plannedMoves(plans, vips)) };
}

function* desiredVips(checker: DesiredSource): Generator<void, DesiredVip[]> {
  const view = new DesiredView(checker);
  const vips: DesiredVip[] = [];
  for (const name of checker.frontendNames()) {
    vips.push(...view.vips([name]));
    yield;
  }
  return vips;
}

/** What a sync of one frontend would change right now; nothing when there is no such one. */
async function planOfOne(
  frontend: string,
  { vips }: Snapshot,
  { checker, memory, clock }: PlanQuery,
): Promise<VppPlan> {
  const view = new DesiredView(checker);
  const target = view.vip(frontend);
  if (!target) return { changes: [], moves: [] };
  const prefix = prefixText(target);
  const plan = planOne(target, {
    actual: [...vips.values()].filter((vip) => prefixText(vip) === prefix),
    siblings: () => view.siblings(target),
    mayRecreate: () => true,
  }, memory);
  return await described([plan], [target], vips, clock);
}
