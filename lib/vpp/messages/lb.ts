/** The Maglev load balancer: lb.api and lb_types.api. */

import {
  address,
  addressWithPrefix,
  bool,
  call,
  dump,
  enumeration,
  i32,
  ip4Address,
  ip6Address,
  reply,
  request,
  struct,
  u16,
  u32,
  u8,
} from "../codec/mod.ts";
import { refuseAs, refuseConf, refuseVip, refuseWeight } from "./guards.ts";

/** Encapsulations, by {@link encaps} of service.ts in the same order. */
const encapType = enumeration("lb_encap_type", "u32", {
  LB_API_ENCAP_TYPE_GRE4: 0,
  LB_API_ENCAP_TYPE_GRE6: 1,
  LB_API_ENCAP_TYPE_L3DSR: 2,
  LB_API_ENCAP_TYPE_NAT4: 3,
  LB_API_ENCAP_TYPE_NAT6: 4,
  LB_API_ENCAP_N_TYPES: 5,
});

const serviceType = enumeration("lb_srv_type", "u32", {
  LB_API_SRV_TYPE_CLUSTERIP: 0,
  LB_API_SRV_TYPE_NODEPORT: 1,
  LB_API_SRV_N_TYPES: 2,
});

/** IP protocol numbers as VPP names them; unnamed ones are read as they are. */
const ipProto = enumeration("ip_proto", "u8", {
  IP_API_PROTO_HOPOPT: 0,
  IP_API_PROTO_ICMP: 1,
  IP_API_PROTO_IGMP: 2,
  IP_API_PROTO_TCP: 6,
  IP_API_PROTO_UDP: 17,
  IP_API_PROTO_GRE: 47,
  IP_API_PROTO_ESP: 50,
  IP_API_PROTO_AH: 51,
  IP_API_PROTO_ICMP6: 58,
  IP_API_PROTO_EIGRP: 88,
  IP_API_PROTO_OSPF: 89,
  IP_API_PROTO_SCTP: 132,
  IP_API_PROTO_RESERVED: 255,
});

/** Stale in a GRE VIP that reuses the slot of another: never to be relied on. */
const dscp = enumeration("ip_dscp", "u8", {
  IP_API_DSCP_CS0: 0,
  IP_API_DSCP_CS1: 8,
  IP_API_DSCP_AF11: 10,
  IP_API_DSCP_AF12: 12,
  IP_API_DSCP_AF13: 14,
  IP_API_DSCP_CS2: 16,
  IP_API_DSCP_AF21: 18,
  IP_API_DSCP_AF22: 20,
  IP_API_DSCP_AF23: 22,
  IP_API_DSCP_CS3: 24,
  IP_API_DSCP_AF31: 26,
  IP_API_DSCP_AF32: 28,
  IP_API_DSCP_AF33: 30,
  IP_API_DSCP_CS4: 32,
  IP_API_DSCP_AF41: 34,
  IP_API_DSCP_AF42: 36,
  IP_API_DSCP_AF43: 38,
  IP_API_DSCP_CS5: 40,
  IP_API_DSCP_EF: 46,
  IP_API_DSCP_CS6: 48,
  IP_API_DSCP_CS7: 50,
});

const confFields = {
  ip4_src_address: ip4Address,
  ip6_src_address: ip6Address,
  sticky_buckets_per_core: u32,
  flow_timeout: u32,
} as const;

/** Always overwrites both addresses; 0xffffffff keeps the buckets or the timeout. */
export const lbConf = call(
  request("lb_conf", "56cd3261", confFields, refuseConf),
  reply("lb_conf_reply", "e8d4e804", { retval: i32 }),
);

/** Addresses never set read back as all ones. */
export const lbConfGet = call(
  request("lb_conf_get", "51077d14", {}),
  reply("lb_conf_get_reply", "923427ac", { retval: i32, ...confFields }),
);

/** Port 0 is all ports, and protocol 255 with it. */
export const lbAddDelVip = call(
  request("lb_add_del_vip_v2", "7c520e0f", {
    pfx: addressWithPrefix,
    protocol: u8,
    port: u16,
    encap: encapType,
    dscp: u8,
    type: serviceType,
    target_port: u16,
    node_port: u16,
    new_flows_table_length: u32,
    src_ip_sticky: bool,
    is_del: bool,
  }, refuseVip),
  reply("lb_add_del_vip_v2_reply", "e8d4e804", { retval: i32 }),
);

const vipKey = { pfx: addressWithPrefix, protocol: u8, port: u16 } as const;

/** An existing server is refused whatever its weight; a deletion ignores the weight. */
export const lbAddDelAs = call(
  request("lb_add_del_as_v2", "2f1d3b0e", {
    ...vipKey,
    as_address: address,
    weight: u8,
    is_del: bool,
    is_flush: bool,
  }, refuseAs),
  reply("lb_add_del_as_v2_reply", "e8d4e804", { retval: i32 }),
);

/** Rebuilds the VIP's table, so it is worth sending only for a change. */
export const lbAsSetWeight = call(
  request("lb_as_set_weight", "2d89bdbd", {
    ...vipKey,
    as_address: address,
    weight: u8,
    is_flush: bool,
  }, refuseWeight),
  reply("lb_as_set_weight_reply", "e8d4e804", { retval: i32 }),
);

/**
 * Moves every flow of a VIP. On a VIP that is not there VPP uses an uninitialised index, so this
 * program never sends it; it is declared for the simulator and the recordings.
 */
export const lbFlushVip = call(
  request("lb_flush_vip", "1063f819", vipKey),
  reply("lb_flush_vip_reply", "e8d4e804", { retval: i32 }),
);

const vip = struct("lb_vip", { pfx: addressWithPrefix, protocol: ipProto, port: u16 });

/** VPP ignores the filter. The length is a u16 of a larger number, the port is byte-swapped. */
export const lbVipDump = dump(
  request("lb_vip_dump", "56110cb7", {
    pfx: addressWithPrefix,
    pfx_matcher: struct("prefix_matcher", { le: u8, ge: u8 }),
    protocol: u8,
    port: u16,
  }),
  reply("lb_vip_details", "1329ec9b", {
    vip,
    encap: encapType,
    dscp,
    srv_type: serviceType,
    target_port: u16,
    flow_table_length: u16,
  }),
);

/** An IPv4 filter never matches, so everything is asked for: an all-zero prefix. */
export const lbAsDump = dump(
  request("lb_as_v2_dump", "1063f819", vipKey),
  reply("lb_as_v2_details", "90064aae", {
    vip,
    app_srv: address,
    flags: u8,
    in_use_since: u32,
    weight: u8,
    num_buckets: u32,
  }),
);
