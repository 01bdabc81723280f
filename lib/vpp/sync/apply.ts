import type { LogAttributes, Logger } from "../../log/mod.ts";
import { type Clock, pause } from "../../time/mod.ts";
import { type ApiClient, RetvalError } from "../client/mod.ts";
import { EncodeError } from "../codec/mod.ts";
import {
  addAs,
  addVip,
  deleteAs,
  deleteVip,
  type FlushLedger,
  type Occupied,
  type PrefixPlan,
  prefixText,
  protocolName,
  type ServerChange,
  serversInOrder,
  setWeight,
  type VipChanges,
  type VipKey,
  type VipRemoval,
} from "../lb/mod.ts";
import { lbAddDelAs, lbAddDelVip, lbAsSetWeight } from "../messages/mod.ts";
import type { LbSyncKind, VppObserver } from "../service.ts";
import type { KnownState } from "./known.ts";

/** What applying needs. */
export interface ApplyContext {
  readonly client: Pick<ApiClient, "request">;
  readonly known: KnownState;
  readonly ledger: FlushLedger;
  /** Which addresses are taken; for these plans only. */
  readonly occupied: Occupied;
  readonly log: Logger;
  readonly clock: Clock;
  readonly observer?: Pick<VppObserver, "lbSync"> | undefined;
  readonly scope: "all" | "vip";
}

/** How many changes VPP accepted, by kind, and how many it refused. */
export type ApplyCounts = Record<LbSyncKind | "refused", number>;

/** Nothing yet. */
export function noCounts(): ApplyCounts {
  return {
    vip_added: 0,
    vip_removed: 0,
    as_added: 0,
    as_removed: 0,
    as_weight_updated: 0,
    refused: 0,
  };
}

/** One request, and what is to be remembered once VPP has accepted it. */
interface Step {
  readonly vip: string;
  readonly kind: LbSyncKind;
  readonly record: string;
  readonly attributes: LogAttributes;
  /** A change of a whole VIP: without it nothing further makes sense there. */
  readonly vital: boolean;
  send(): Promise<unknown>;
  accepted(): void;
}

/** Requests in flight at most. */
const windowSize = 256;

/**
 * Sends plans to VPP: the removals of all of them, then the VIPs, then the servers, each wave
 * pipelined in order and finished before the next. So nothing is ever added to a VIP that turned
 * out to be another one than planned, such as an all-port NAT VIP, which would kill VPP.
 *
 * A refusal is logged, counted and skipped with what depends on it. Rejects only when the
 * connection fails.
 */
export async function applyPlans(
  plans: readonly PrefixPlan[],
  context: ApplyContext,
  counts: ApplyCounts,
): Promise<void> {
  const failed = new Set<string>();
  const run = (steps: readonly Step[]) => runSteps(steps, context, counts, failed);
  await run(plans.flatMap(({ removals }) => removals.flatMap((one) => removalSteps(one, context))));
  const changes = plans.flatMap((plan) => plan.changes);
  await run(changes.flatMap((one) => additionSteps(one, context)));
  await run(changes.flatMap((one) => serverSteps(one, context)));
}

async function runSteps(
  steps: readonly Step[],
  context: ApplyContext,
  counts: ApplyCounts,
  failed: Set<string>,
): Promise<void> {
  const possible = steps.filter(({ vip }) => !failed.has(vip));
  for (let start = 0; start < possible.length; start += windowSize) {
    const window = possible.slice(start, start + windowSize);
    const results = await Promise.allSettled(window.map((step) => step.send()));
    for (const [i, step] of window.entries()) {
      const result = results[i];
      if (result?.status === "fulfilled") accept(step, context, counts);
      else refuse(step, result?.reason, context, counts, failed);
    }
    await pause(context.clock);
  }
}

function accept(step: Step, context: ApplyContext, counts: ApplyCounts): void {
  step.accepted();
  counts[step.kind]++;
  context.log.info(step.record, step.attributes);
  context.observer?.lbSync(context.scope, step.kind);
}

function refuse(
  step: Step,
  reason: unknown,
  context: ApplyContext,
  counts: ApplyCounts,
  failed: Set<string>,
): void {
  if (!(reason instanceof RetvalError || reason instanceof EncodeError)) throw reason;
  counts.refused++;
  if (step.vital) failed.add(step.vip);
  context.log.warn("vpp-reconciler-error", {
    change: step.record.replace("vpp-lbsync-", ""),
    ...step.attributes,
    err: reason.message,
  });
}

function removalSteps(removal: VipRemoval, context: ApplyContext): Step[] {
  const { vip, frontend, reason } = removal;
  const { client, known } = context;
  const attributes = vipAttributes(vip, frontend);
  const servers = serversInOrder(vip).map(({ address }): Step => ({
    vip: vip.id,
    kind: "as_removed",
    record: "vpp-lbsync-as-del",
    attributes: { ...attributes, address: address.text, flush: true },
    vital: false,
    send: () => client.request(lbAddDelAs, deleteAs(vip, address)),
    accepted: () => known.serverChanged(vip.id, { kind: "as-del", address }),
  }));
  return [...servers, {
    vip: vip.id,
    kind: "vip_removed",
    record: frontend === "" ? "vpp-lbsync-vip-del" : "vpp-lbsync-vip-recreate",
    attributes: { ...attributes, reason },
    vital: true,
    send: () => client.request(lbAddDelVip, deleteVip(vip)),
    accepted: () => known.vipRemoved(vip.id),
  }];
}

function additionSteps(
  { vip, addition }: VipChanges,
  { client, known, occupied }: ApplyContext,
): Step[] {
  if (addition === "none") return [];
  return [{
    vip: vip.id,
    kind: "vip_added",
    record: "vpp-lbsync-vip-add",
    attributes: {
      ...vipAttributes(vip, vip.frontend),
      encap: vip.encap,
      "src-ip-sticky": vip.sticky,
    },
    vital: true,
    send: async () => await client.request(lbAddDelVip, addVip(vip, occupied)),
    accepted: () => known.vipAdded(vip),
  }];
}

function serverSteps({ vip, servers }: VipChanges, context: ApplyContext): Step[] {
  return servers.map((change) => ({
    vip: vip.id,
    vital: false,
    ...serverStep(vip, change, context),
    attributes: {
      ...vipAttributes(vip, vip.frontend),
      address: change.address.text,
      ...serverAttributes(change),
    },
    accepted: () => {
      context.known.serverChanged(vip.id, change);
      if (isFlushed(change)) context.ledger.flushed(vip.id, change.address.text);
    },
  }));
}

function serverStep(
  vip: VipKey,
  change: ServerChange,
  { client, occupied }: ApplyContext,
): Pick<Step, "kind" | "record" | "send"> {
  const { address } = change;
  switch (change.kind) {
    case "as-add":
      return {
        kind: "as_added",
        record: "vpp-lbsync-as-add",
        send: async () =>
          await client.request(lbAddDelAs, addAs(vip, address, change.weight, occupied)),
      };
    case "as-weight":
      return {
        kind: "as_weight_updated",
        record: "vpp-lbsync-as-weight",
        send: () =>
          client.request(lbAsSetWeight, setWeight(vip, address, change.weight, change.flush)),
      };
    case "as-del":
      return {
        kind: "as_removed",
        record: "vpp-lbsync-as-del",
        send: () => client.request(lbAddDelAs, deleteAs(vip, address)),
      };
  }
}

/** A server just made has no flows, so it counts as flushed when its state is a flushing one. */
function isFlushed(change: ServerChange): boolean {
  if (change.kind === "as-weight") return change.flush;
  return change.kind === "as-add" && change.flushing;
}

function serverAttributes(change: ServerChange): LogAttributes {
  switch (change.kind) {
    case "as-add":
      return { weight: change.weight };
    case "as-weight":
      return { from: change.from, to: change.weight, flush: change.flush };
    case "as-del":
      return { flush: true };
  }
}

/** How records name a VIP. */
function vipAttributes(vip: VipKey, frontend: string): LogAttributes {
  return {
    frontend: frontend || undefined,
    vip: prefixText(vip),
    protocol: protocolName(vip.protocol),
    port: vip.port,
  };
}
