import { tableShift } from "../../maglev/mod.ts";
import type { PlannedChange, PlannedMove } from "../service.ts";
import type { DesiredVip } from "./desired.ts";
import type { PrefixPlan, ServerChange, VipChanges, VipRemoval } from "./plan.ts";
import { type ActualVip, namedVip, serversInOrder, type VipKey } from "./vip.ts";

/** A plan for people: a line per change, in the order in which they are made. */
export function describePlan(plan: PrefixPlan): PlannedChange[] {
  return [
    ...plan.removals.flatMap(describeRemoval),
    ...plan.changes.flatMap(describeChanges),
  ];
}

function describeRemoval({ vip, frontend, reason }: VipRemoval): PlannedChange[] {
  const kind = frontend === "" ? "vip-del" : "vip-recreate";
  return [
    ...serversInOrder(vip).map(({ address }) =>
      line("as-del", vip, frontend, "flush", address.text)
    ),
    line(kind, vip, frontend, reason),
  ];
}

function describeChanges({ vip, isAdded, servers }: VipChanges): PlannedChange[] {
  return [
    ...(isAdded ? [line("vip-add", vip, vip.frontend, additionDetail(vip))] : []),
    ...servers.map((change) =>
      line(change.kind, vip, vip.frontend, serverDetail(change), change.address.text)
    ),
  ];
}

/** `encap gre4, 1024 buckets, src-ip-sticky`. */
function additionDetail({ encap, flowTableLength, sticky }: DesiredVip): string {
  return `encap ${encap}, ${flowTableLength} buckets${sticky ? ", src-ip-sticky" : ""}`;
}

/**
 * A line for each VIP that stays and has a table of another length than is configured: it keeps it
 * until something else requires that it is made anew, since that would cut its flows.
 */
export function describeTables(
  desired: readonly DesiredVip[],
  actual: ReadonlyMap<string, ActualVip>,
  plans: readonly PrefixPlan[],
): PlannedChange[] {
  const removed = new Set(plans.flatMap(({ removals }) => removals.map(({ vip }) => vip.id)));
  return desired.flatMap((vip) => {
    const present = removed.has(vip.id) ? undefined : actual.get(vip.id)?.flowTableLength;
    if (present === undefined || present === vip.flowTableLength) return [];
    const detail = `keeps its ${present} buckets until it is made anew, ` +
      `vpp.lb.buckets is ${vip.flowTableLength}`;
    return [line("vip-kept", vip, vip.frontend, detail)];
  });
}

/** `weight 100 -> 0, flush`. */
function serverDetail(change: ServerChange): string {
  switch (change.kind) {
    case "as-add":
      return `weight ${change.weight}`;
    case "as-weight":
      return `weight ${change.from} -> ${change.weight}${change.flush ? ", flush" : ""}`;
    case "as-del":
      return "flush";
  }
}

function line(
  kind: PlannedChange["kind"],
  vip: VipKey,
  frontend: string,
  detail: string,
  address = "",
): PlannedChange {
  return { kind, ...namedVip(vip), address, detail, frontend };
}

/** Slots of all the tables that are worked out for one plan: a second or two. */
const mostSlots = 2 ** 22;

/**
 * How many flows plans would move, of each VIP that is there and whose servers or weights change.
 * VIPs are left out once {@link mostSlots} were worked out.
 */
export function* plannedMoves(
  plans: readonly PrefixPlan[],
  actual: ReadonlyMap<string, ActualVip>,
): Generator<void, PlannedMove[]> {
  const moves: PlannedMove[] = [];
  let slots = 0;
  for (const changes of plans.flatMap(({ changes: each }) => each)) {
    const present = actual.get(changes.vip.id);
    if (!present) continue;
    slots += present.flowTableLength;
    if (slots > mostSlots) break;
    const share = yield* tableShift(tableOf(present), tableAfter(changes, present));
    moves.push({ ...namedVip(changes.vip), frontend: changes.vip.frontend, share });
  }
  return moves;
}

function tableOf(vip: ActualVip) {
  const servers = serversInOrder(vip).map(({ address: { bytes }, weight }) => ({
    ...{ address: bytes, weight },
  }));
  return { servers, length: vip.flowTableLength };
}

/** What VPP will have; a VIP that is made anew gets a table of the length that is configured. */
function tableAfter({ vip, isAdded, servers: changes }: VipChanges, present: ActualVip) {
  const servers = new Map(
    isAdded
      ? []
      : [...present.servers.values()].map(({ address, weight }) =>
        [address.text, { address: address.bytes, weight }] as const
      ),
  );
  for (const change of changes) {
    const { address: { text, bytes } } = change;
    if (change.kind === "as-del") servers.delete(text);
    else servers.set(text, { address: bytes, weight: change.weight });
  }
  const length = isAdded ? vip.flowTableLength : present.flowTableLength;
  return { servers: [...servers.values()], length };
}
