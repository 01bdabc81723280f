import type { PlannedChange } from "../service.ts";
import { serversInOrder } from "./actual.ts";
import type { PrefixPlan, ServerChange, VipChanges, VipRemoval } from "./plan.ts";
import { prefixText, protocolName, type VipKey } from "./vip.ts";

/** A plan for people: a line per change, in the order in which they are made. */
export function describePlan(plan: PrefixPlan): PlannedChange[] {
  return [
    ...plan.removals.flatMap(describeRemoval),
    ...plan.changes.flatMap(describeVip),
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

function describeVip({ vip, addition, servers }: VipChanges): PlannedChange[] {
  const sticky = vip.sticky ? ", src-ip-sticky" : "";
  return [
    ...(addition === "new"
      ? [line("vip-add", vip, vip.frontend, `encap ${vip.encap}${sticky}`)]
      : []),
    ...servers.map((change) =>
      line(change.kind, vip, vip.frontend, serverDetail(change), change.address.text)
    ),
  ];
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
  return {
    kind,
    prefix: prefixText(vip),
    protocol: protocolName(vip.protocol),
    port: vip.port,
    address,
    detail,
    frontend,
  };
}
