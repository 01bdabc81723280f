import type { IpAddress } from "../../ip/mod.ts";
import { EncodeError, type MessageValue } from "../codec/mod.ts";
import { lbAddDelAs, lbAddDelVip, type lbAsSetWeight } from "../messages/mod.ts";
import { type Encap, encaps } from "../service.ts";
import type { DesiredVip } from "./desired.ts";
import type { Occupied } from "./occupied.ts";
import type { VipKey } from "./vip.ts";

/** The fields of `lb_add_del_vip_v2`. */
export type VipRequest = MessageValue<typeof lbAddDelVip.request>;

/** The fields of `lb_add_del_as_v2`. */
export type AsRequest = MessageValue<typeof lbAddDelAs.request>;

/** The fields of `lb_as_set_weight`. */
export type WeightRequest = MessageValue<typeof lbAsSetWeight.request>;

/** The default that VPP's own parsers know; on the wire it has to be sent (docs/vpp.md). */
const flowTableLength = 1024;

function wireKey(key: VipKey) {
  const pfx = { address: key.address, len: key.prefixLength };
  return { pfx, protocol: key.protocol, port: key.port };
}

function vipRequest(key: VipKey, encap: Encap, sticky: boolean, isDel: boolean): VipRequest {
  return {
    ...wireKey(key),
    encap: encaps.indexOf(encap),
    dscp: 0,
    type: 0,
    target_port: 0,
    node_port: 0,
    new_flows_table_length: flowTableLength,
    src_ip_sticky: sticky,
    is_del: isDel,
  };
}

/** Adds a VIP. EncodeError when its address is not free for one. */
export function addVip(vip: DesiredVip, occupied: Occupied): VipRequest {
  refuse(lbAddDelVip, occupied.refuseVip(vip));
  return vipRequest(vip, vip.encap, vip.sticky, false);
}

/** Deletes a VIP; VPP looks at the key only. */
export function deleteVip(key: VipKey): VipRequest {
  return vipRequest(key, "gre4", false, true);
}

/** Adds a server with its weight. EncodeError when its address is not free for one. */
export function addAs(
  vip: VipKey,
  address: IpAddress,
  weight: number,
  occupied: Occupied,
): AsRequest {
  refuse(lbAddDelAs, occupied.refuseServer(address));
  return { ...wireKey(vip), as_address: address, weight, is_del: false, is_flush: false };
}

/** Deletes a server and moves its flows: without that they may keep flowing to it for ever. */
export function deleteAs(vip: VipKey, address: IpAddress): AsRequest {
  return { ...wireKey(vip), as_address: address, weight: 0, is_del: true, is_flush: true };
}

/** Changes the weight of a server, moving its flows if asked to. */
export function setWeight(
  vip: VipKey,
  address: IpAddress,
  weight: number,
  flush: boolean,
): WeightRequest {
  return { ...wireKey(vip), as_address: address, weight, is_flush: flush };
}

function refuse({ request }: typeof lbAddDelVip | typeof lbAddDelAs, reason?: string): void {
  if (reason !== undefined) throw new EncodeError(`${request.name} is not sent: ${reason}`);
}
