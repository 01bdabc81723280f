import type { CheckerView } from "../../checker/mod.ts";
import { inSlices } from "../../time/mod.ts";
import {
  type ActualVip,
  compareVips,
  confDifference,
  describeConf,
  describePlan,
  desiredConf,
  type FlushView,
  planAll,
  planOne,
  prefixText,
  serversInOrder,
} from "../lb/mod.ts";
import type { LbState, LbVipState, PlannedChange } from "../service.ts";
import { DesiredView, dumpActual, readConf } from "../sync/mod.ts";
import type { Session } from "./session.ts";

/** Asks VPP for everything its lb plugin holds. Rejects as the client does. */
export async function queryState(session: Session, signal?: AbortSignal): Promise<LbState> {
  const conf = await readConf(session.client, signal);
  const vips = [...(await dumpActual(session.client, session.clock, signal)).values()];
  return { conf, vips: vips.sort(compareVips).map(vipState) };
}

function vipState(vip: ActualVip): LbVipState {
  const { address, prefixLength, protocol, port, encap, flowTableLength } = vip;
  return {
    ...{ address, prefixLength, protocol, port, encap, flowTableLength },
    srcIpSticky: vip.sticky ?? false,
    // VPP sets the time when it deletes a server; on one that it uses it means nothing.
    servers: serversInOrder(vip).map((server) => ({ ...server, inUseSince: 0 })),
  };
}

/** What a full sync would change right now. Asks VPP first; rejects as the client does. */
export async function queryPlan(
  session: Session,
  checker: CheckerView,
  flushes: FlushView,
  signal?: AbortSignal,
): Promise<PlannedChange[]> {
  const conf = await readConf(session.client, signal);
  const actual = await dumpActual(session.client, session.clock, signal);
  const difference = confDifference(conf, desiredConf(checker.config.lb));
  const desired = await inSlices(session.clock, desiredVips(checker));
  const plans = await inSlices(session.clock, planAll(desired, actual.values(), flushes));
  const lines = plans.flatMap(describePlan);
  return difference === "" ? lines : [describeConf(difference), ...lines];
}

function* desiredVips(checker: CheckerView) {
  const view = new DesiredView(checker);
  const vips = [];
  for (const name of checker.frontendNames()) {
    const vip = view.vip(name);
    if (vip) vips.push(vip);
    yield;
  }
  return vips;
}

/** What a sync of one frontend would change right now; undefined when there is no such one. */
export async function queryPlanOf(
  frontend: string,
  session: Session,
  checker: CheckerView,
  flushes: FlushView,
  signal?: AbortSignal,
): Promise<PlannedChange[] | undefined> {
  const actual = await dumpActual(session.client, session.clock, signal);
  const view = new DesiredView(checker);
  const target = view.vip(frontend);
  if (!target) return undefined;
  const prefix = prefixText(target);
  const plan = planOne(target, {
    actual: [...actual.values()].filter((vip) => prefixText(vip) === prefix),
    siblings: () => view.siblings(target),
    mayRecreate: () => true,
  }, flushes);
  return describePlan(plan);
}
