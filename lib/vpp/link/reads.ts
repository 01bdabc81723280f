import type { DesiredSource } from "../../checker/mod.ts";
import { type Clock, inSlices, mergeSort, type Steps } from "../../time/mod.ts";
import type { Dumper } from "../../vppclient/mod.ts";
import type { LbState, LbVipState, PlannedChange, VppPlan } from "../service.ts";
import { confDifference, describeConf } from "../state/conf.ts";
import { describePlan, describeTables, plannedMoves } from "../state/describe.ts";
import { DesiredView, type DesiredVip } from "../state/desired.ts";
import type { Remembered } from "../state/ledger.ts";
import { type OneState, planAll, planOne, type PrefixPlan } from "../state/plan.ts";
import { readSnapshot, type Snapshot } from "../state/snapshot.ts";
import { type ActualVip, compareVips, prefixText, serversInOrder } from "../state/vip.ts";

/** One reading, and what was made of it so far. */
interface Reading {
  readonly snapshot: Promise<Snapshot>;
  state?: Promise<LbState>;
  /** By frontend; undefined is everything. */
  readonly plans: Map<string | undefined, Promise<VppPlan>>;
}

/**
 * What anybody may ask a connected VPP. However many ask at a time, one reading is on its way, and
 * one after it serves all who came meanwhile: a change never waits behind more than that. What
 * follows from a reading is worked out once for all who ask for the same. All of it rejects as the
 * client does.
 */
export class Reads {
  #last: Promise<unknown> = Promise.resolve();
  #next: Reading | undefined;

  constructor(
    private readonly client: Dumper,
    private readonly clock: Clock,
    private readonly memory: Remembered,
  ) {}

  /** Everything that the lb plugin holds at some moment after this call. */
  state(): Promise<LbState> {
    const reading = this.#reading();
    return reading.state ??= reading.snapshot.then((held) => inSlices(this.clock, stateOf(held)));
  }

  /** What a sync would change then: of one frontend, or of everything. */
  plan(checker: DesiredSource, frontend: string | undefined): Promise<VppPlan> {
    const { plans, snapshot } = this.#reading();
    return plans.getOrInsertComputed(
      frontend,
      () => snapshot.then((held) => this.#planned(held, checker, frontend)),
    );
  }

  /** What a full sync would change then if `desired` were so, and not what the checker says. */
  foresee(desired: DesiredSource): Promise<VppPlan> {
    return this.#reading().snapshot.then((held) => this.#planned(held, desired));
  }

  #reading(): Reading {
    return this.#next ??= { snapshot: this.#begin(), plans: new Map() };
  }

  async #begin(): Promise<Snapshot> {
    await Promise.allSettled([this.#last]);
    this.#next = undefined;
    const reading = readSnapshot(this.client, this.clock);
    this.#last = reading;
    return await reading;
  }

  /** Nothing for a frontend that there is not. */
  async #planned(
    { conf, vips }: Snapshot,
    source: DesiredSource,
    frontend?: string,
  ): Promise<VppPlan> {
    const { clock, memory } = this;
    const isAll = frontend === undefined;
    const difference = confDifference(conf, source.config.lb);
    const view = new DesiredView(source);
    const names = isAll ? source.frontendNames() : [frontend];
    const desired = await inSlices(clock, desiredVips(view, names));
    const plans = isAll
      ? await inSlices(clock, planAll(desired, vips.values(), memory))
      : desired.map((vip) => planOne(vip, stateAround(vip, view, vips), memory));
    const changes = [
      ...(difference === "" ? [] : [describeConf(difference)]),
      ...await inSlices(clock, describePlans(plans)),
      ...describeTables(desired, vips, plans),
    ];
    return { changes, moves: await inSlices(clock, plannedMoves(plans, vips)) };
  }
}

function* desiredVips(view: DesiredView, names: readonly string[]): Steps<DesiredVip[]> {
  const vips: DesiredVip[] = [];
  for (const name of names) {
    vips.push(...view.vips([name]));
    yield;
  }
  return vips;
}

function* describePlans(plans: readonly PrefixPlan[]): Steps<PlannedChange[]> {
  const changes: PlannedChange[] = [];
  for (const plan of plans) {
    for (const change of describePlan(plan)) changes.push(change);
    yield;
  }
  return changes;
}

/** A sync asked for now may make any other VIP of the address anew. */
function stateAround(vip: DesiredVip, view: DesiredView, vips: Snapshot["vips"]): OneState {
  const prefix = prefixText(vip);
  return {
    actual: [...vips.values()].filter((other) => prefixText(other) === prefix),
    siblings: () => view.siblings(vip),
    mayRecreate: () => true,
  };
}

/** Everything that the lb plugin holds, in order. */
function* stateOf({ conf, vips }: Snapshot): Steps<LbState> {
  const states: LbVipState[] = [];
  for (const vip of yield* mergeSort([...vips.values()], compareVips)) {
    states.push(vipState(vip));
    yield;
  }
  return { conf, vips: states };
}

function vipState(vip: ActualVip): LbVipState {
  const { address, prefixLength, protocol, port, encap, flowTableLength } = vip;
  return {
    ...{ address, prefixLength, protocol, port, encap, flowTableLength },
    srcIpSticky: vip.sticky ?? false,
    servers: serversInOrder(vip),
  };
}
