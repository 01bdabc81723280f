import type { IpAddress } from "../../ip/mod.ts";
import { EncodeError } from "../../binapi/mod.ts";
import {
  type LbAddDelAsV2,
  lbAddDelAsV2,
  type LbAddDelVipV2,
  lbAddDelVipV2,
  type LbAsSetWeight,
} from "../../gen/vpp.ts";
import { encaps } from "../service.ts";
import type { DesiredVip } from "./desired.ts";
import type { Occupied } from "./occupied.ts";
import type { VipKey } from "./vip.ts";

/** Any length that VPP takes, where it does not look at it: 0 would be refused (docs/vpp.md). */
const anyTableLength = 1024;

function wireKey(key: VipKey) {
  const pfx = { address: key.address, len: key.prefixLength };
  return { pfx, protocol: key.protocol, port: key.port };
}

const ofServiceTypes = { dscp: 0, type: 0, target_port: 0, node_port: 0 } as const;

/** Adds a VIP. EncodeError when its address is not free for one. */
export function addVip(vip: DesiredVip, occupied: Occupied): LbAddDelVipV2 {
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
export function deleteVip(key: VipKey): LbAddDelVipV2 {
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
export function addAs(
  vip: VipKey,
  address: IpAddress,
  weight: number,
  occupied: Occupied,
): LbAddDelAsV2 {
  refuse(lbAddDelAsV2, occupied.refuseServer(address));
  return { ...wireKey(vip), as_address: address, weight, is_del: false, is_flush: false };
}

/** Deletes a server and moves its flows: without that they may keep flowing to it for ever. */
export function deleteAs(vip: VipKey, address: IpAddress): LbAddDelAsV2 {
  return { ...wireKey(vip), as_address: address, weight: 0, is_del: true, is_flush: true };
}

/** Changes the weight of a server, moving its flows if asked to. */
export function setWeight(
  vip: VipKey,
  address: IpAddress,
  weight: number,
  flush: boolean,
): LbAsSetWeight {
  return { ...wireKey(vip), as_address: address, weight, is_flush: flush };
}

function refuse({ request }: typeof lbAddDelVipV2 | typeof lbAddDelAsV2, reason?: string): void {
  if (reason !== undefined) throw new EncodeError(`${request.name} is not sent: ${reason}`);
}
