import { EncodeError } from "../../binapi/mod.ts";
import {
  type LbAddDelAsV2,
  lbAddDelAsV2,
  type LbAddDelVipV2,
  lbAddDelVipV2,
  type LbAsSetWeight,
  lbAsSetWeight,
} from "../../gen/vpp.ts";
import type { IpAddress } from "../../ip/mod.ts";
import type { LogAttributes } from "../../log/mod.ts";
import type { Requester } from "../../vppclient/mod.ts";
import { encaps, type LbSyncKind } from "../service.ts";
import type { DesiredVip } from "../state/desired.ts";
import type { KnownState } from "../state/known.ts";
import type { Ledger } from "../state/ledger.ts";
import type { Occupied } from "../state/occupied.ts";
import { inTheWay, type PrefixPlan, type ServerChange } from "../state/plan.ts";
import { namedVip, serversInOrder, type VipKey } from "../state/vip.ts";

/** What is noted once VPP has accepted a change. */
export interface Notes {
  readonly known: KnownState;
  readonly ledger: Ledger;
}

/** One change of VPP: one request, and what it means. */
export interface Step {
  /** Tells it from others of the same plan, and finds it in the next plan again. */
  readonly key: string;
  readonly vip: VipKey & { readonly id: string };
  /** The frontend asking for it, empty when none does. */
  readonly frontend: string;
  /** The server's address, empty for a change of the VIP itself. */
  readonly address: string;
  readonly kind: LbSyncKind;
  /** The log record that tells it. */
  readonly record: string;
  /** What the server is to have; undefined for what is no weight. */
  readonly weight?: number;
  /** Whether VPP moves flows for it, for which it looks through all that it has. */
  readonly flushes?: boolean;
  /** What the log says of it besides. */
  readonly attributes: LogAttributes;
  /** Why it cannot be done yet, as a sentence: something else has the address. */
  obstacle(occupied: Occupied): string | undefined;
  /** It is about to be sent: notes what has to be known though no answer may come. */
  leaving?(ledger: Ledger): void;
  /** Sends the request; resolves when VPP has accepted it. EncodeError if it is never to be sent. */
  send(client: Requester, occupied: Occupied): Promise<unknown>;
  /** VPP has accepted it. */
  accepted(notes: Notes): void;
}

/**
 * What of a plan can be sent now: the removals first, of a VIP once VPP has let go of its servers;
 * once there is none left, the VIPs that are missing; once they are there, their servers. Each is
 * planned anew by what VPP then holds. So nothing is ever added to a VIP that turned out to be
 * another one than planned, such as an all-port NAT VIP, which would kill VPP, and no weight is
 * older than the request that carries it. Steps whose keys are in `refused` are left out.
 */
export function* nextSteps(plan: PrefixPlan, refused: ReadonlySet<string>): Generator<Step> {
  for (const stage of [removalSteps, additionSteps, serverSteps]) {
    let isEmpty = true;
    for (const step of stage(plan)) {
      if (refused.has(step.key)) continue;
      isEmpty = false;
      yield step;
    }
    if (!isEmpty) return;
  }
}

/**
 * VPP would delete a VIP that has servers as well (docs/vpp.md, "Return values"), also one that it
 * has just refused to delete: its flows could not be moved any more.
 */
function* removalSteps({ removals }: PrefixPlan): Generator<Step> {
  for (const { vip, frontend, reason } of removals) {
    for (const { address, weight } of serversInOrder(vip)) {
      yield {
        ...about(vip, frontend, "vpp-lbsync-as-del", address.text),
        kind: "as_removed",
        flushes: true,
        attributes: { flush: true },
        obstacle: () => undefined,
        send: (client) => client.request(lbAddDelAsV2, deleteAs(vip, address)),
        leaving: (ledger) => {
          if (frontend !== "") ledger.takingDown(vip.id, address.text, weight);
        },
        accepted: ({ known }) => known.serverChanged(vip.id, { kind: "as-del", address }),
      };
    }
    if (vip.servers.size > 0) continue;
    yield {
      ...about(vip, frontend, frontend === "" ? "vpp-lbsync-vip-del" : "vpp-lbsync-vip-recreate"),
      kind: "vip_removed",
      attributes: { reason },
      obstacle: () => undefined,
      send: (client) => client.request(lbAddDelVipV2, deleteVip(vip)),
      accepted: ({ known }) => known.vipRemoved(vip.id),
    };
  }
}

/** A VIP that should have gone, but which VPP refused to remove, is in the way of its successor. */
function* additionSteps({ changes, removals }: PrefixPlan): Generator<Step> {
  for (const { vip, isAdded } of changes) {
    const isBlocked = removals.some(({ vip: staying }) =>
      staying.id === vip.id || inTheWay(staying, vip)
    );
    if (!isAdded || isBlocked) continue;
    const { encap, sticky, flowTableLength } = vip;
    yield {
      ...about(vip, vip.frontend, "vpp-lbsync-vip-add"),
      kind: "vip_added",
      attributes: { encap, "src-ip-sticky": sticky, buckets: flowTableLength },
      obstacle: (occupied) => occupied.refuseVip(vip),
      send: async (client, occupied) => await client.request(lbAddDelVipV2, addVip(vip, occupied)),
      accepted: ({ known }) => known.vipAdded(vip),
    };
  }
}

const serverRecords: Readonly<Record<ServerChange["kind"], string>> = {
  "as-add": "vpp-lbsync-as-add",
  "as-del": "vpp-lbsync-as-del",
  "as-weight": "vpp-lbsync-as-weight",
};

function* serverSteps({ changes }: PrefixPlan): Generator<Step> {
  for (const { vip, isAdded, servers } of changes) {
    if (isAdded) continue;
    for (const change of servers) {
      yield {
        ...about(vip, vip.frontend, serverRecords[change.kind], change.address.text),
        obstacle: (occupied) =>
          change.kind === "as-add" ? occupied.refuseServer(change.address) : undefined,
        ...serverStep(vip, change),
        leaving: (ledger) => {
          if (change.kind === "as-add") ledger.adding(vip.id, change.address.text);
          else if (isFlushed(change)) ledger.flushing(vip.id, change.address.text);
        },
        accepted: ({ known, ledger }) => {
          known.serverChanged(vip.id, change);
          if (change.kind === "as-add") ledger.added(vip.id, change.address.text);
          if (isFlushed(change)) ledger.flushed(vip.id, change.address.text);
        },
      };
    }
  }
}

function serverStep(
  vip: VipKey,
  change: ServerChange,
): Pick<Step, "kind" | "weight" | "flushes" | "attributes" | "send"> {
  const { address } = change;
  switch (change.kind) {
    case "as-add":
      return {
        kind: "as_added",
        weight: change.weight,
        attributes: { weight: change.weight },
        send: async (client, occupied) =>
          await client.request(lbAddDelAsV2, addAs(vip, address, change.weight, occupied)),
      };
    case "as-weight": {
      const { from, weight, flush } = change;
      return {
        kind: "as_weight_updated",
        weight,
        flushes: flush,
        attributes: { from, to: weight, flush },
        send: (client) => client.request(lbAsSetWeight, setWeight(vip, address, weight, flush)),
      };
    }
    case "as-del":
      return {
        kind: "as_removed",
        flushes: true,
        attributes: { flush: true },
        send: (client) => client.request(lbAddDelAsV2, deleteAs(vip, address)),
      };
  }
}

/** A server just made has no flows, so it counts as flushed when its state is a flushing one. */
function isFlushed(change: ServerChange): boolean {
  if (change.kind === "as-weight") return change.flush;
  return change.kind === "as-add" && change.flushing;
}

function about(
  vip: VipKey & { readonly id: string },
  frontend: string,
  record: string,
  address = "",
) {
  return { key: `${record} ${vip.id} ${address}`, vip, frontend, record, address };
}

/** What a step does, such as `as-add`. */
export function changeOf({ record }: Step): string {
  return record.replace("vpp-lbsync-", "");
}

/** How records name the VIP and the server of a step. */
export function stepAttributes({ frontend, vip, address }: Step): LogAttributes {
  const { prefix, protocol, port } = namedVip(vip);
  return {
    frontend: frontend || undefined,
    vip: prefix,
    protocol,
    port,
    address: address || undefined,
  };
}

/** Any length that VPP takes, where it does not look at it: 0 would be refused (docs/vpp.md). */
const anyTableLength = 1024;

function wireKey(key: VipKey) {
  const pfx = { address: key.address, len: key.prefixLength };
  return { pfx, protocol: key.protocol, port: key.port };
}

const ofServiceTypes = { dscp: 0, type: 0, target_port: 0, node_port: 0 } as const;

/** Adds a VIP. EncodeError when its address is not free for one. */
function addVip(vip: DesiredVip, occupied: Occupied): LbAddDelVipV2 {
  refuse(lbAddDelVipV2, occupied.refuseVip(vip));
  return {
    ...wireKey(vip),
    ...ofServiceTypes,
    encap: encaps.indexOf(vip.encap),
    new_flows_table_length: vip.flowTableLength,
    src_ip_sticky: vip.sticky,
    is_del: false,
  };
}

/** Deletes a VIP; VPP looks at the key only. */
function deleteVip(key: VipKey): LbAddDelVipV2 {
  return {
    ...wireKey(key),
    ...ofServiceTypes,
    encap: encaps.indexOf("gre4"),
    new_flows_table_length: anyTableLength,
    src_ip_sticky: false,
    is_del: true,
  };
}

/** Adds a server with its weight. EncodeError when its address is not free for one. */
function addAs(vip: VipKey, address: IpAddress, weight: number, occupied: Occupied): LbAddDelAsV2 {
  refuse(lbAddDelAsV2, occupied.refuseServer(address));
  return { ...wireKey(vip), as_address: address, weight, is_del: false, is_flush: false };
}

/** Deletes a server and moves its flows: without that they may keep flowing to it for ever. */
function deleteAs(vip: VipKey, address: IpAddress): LbAddDelAsV2 {
  return { ...wireKey(vip), as_address: address, weight: 0, is_del: true, is_flush: true };
}

/** Changes the weight of a server, moving its flows if asked to. */
function setWeight(vip: VipKey, address: IpAddress, weight: number, flush: boolean): LbAsSetWeight {
  return { ...wireKey(vip), as_address: address, weight, is_flush: flush };
}

function refuse({ request }: typeof lbAddDelVipV2 | typeof lbAddDelAsV2, reason?: string): void {
  if (reason !== undefined) throw new EncodeError(`${request.name} is not sent: ${reason}`);
}
