/** Routes: ip.api, with the types of fib_types.api. */

import {
  addressUnion,
  call,
  counted,
  enumeration,
  i32,
  prefix,
  repeated,
  reply,
  request,
  struct,
  u32,
  u8,
} from "../codec/mod.ts";

const pathType = enumeration("fib_path_type", "u32", {
  FIB_API_PATH_TYPE_NORMAL: 0,
  FIB_API_PATH_TYPE_LOCAL: 1,
  FIB_API_PATH_TYPE_DROP: 2,
  FIB_API_PATH_TYPE_UDP_ENCAP: 3,
  FIB_API_PATH_TYPE_BIER_IMP: 4,
  FIB_API_PATH_TYPE_ICMP_UNREACH: 5,
  FIB_API_PATH_TYPE_ICMP_PROHIBIT: 6,
  FIB_API_PATH_TYPE_SOURCE_LOOKUP: 7,
  FIB_API_PATH_TYPE_DVR: 8,
  FIB_API_PATH_TYPE_INTERFACE_RX: 9,
  FIB_API_PATH_TYPE_CLASSIFY: 10,
});

const pathFlags = enumeration("fib_path_flags", "u32", {
  FIB_API_PATH_FLAG_NONE: 0,
  FIB_API_PATH_FLAG_RESOLVE_VIA_ATTACHED: 1,
  FIB_API_PATH_FLAG_RESOLVE_VIA_HOST: 2,
  FIB_API_PATH_FLAG_POP_PW_CW: 4,
});

const nextHopProto = enumeration("fib_path_nh_proto", "u32", {
  FIB_API_PATH_NH_PROTO_IP4: 0,
  FIB_API_PATH_NH_PROTO_IP6: 1,
  FIB_API_PATH_NH_PROTO_MPLS: 2,
  FIB_API_PATH_NH_PROTO_ETHERNET: 3,
  FIB_API_PATH_NH_PROTO_BIER: 4,
});

const fibPath = struct("fib_path", {
  sw_if_index: u32,
  table_id: u32,
  rpf_id: u32,
  weight: u8,
  preference: u8,
  type: pathType,
  flags: pathFlags,
  proto: nextHopProto,
  nh: struct("fib_path_nh", {
    address: addressUnion,
    via_label: u32,
    obj_id: u32,
    classify_table_index: u32,
  }),
  n_labels: u8,
  label_stack: repeated(
    struct("fib_mpls_label", { is_uniform: u8, label: u32, ttl: u8, exp: u8 }),
    16,
  ),
});

const lookupFields = { table_id: u32, exact: u8, prefix } as const;

/** `exact` 1: the route of that very prefix, -6 when there is none. `stats_index` counts it. */
export const ipRouteLookup = call(
  request("ip_route_lookup", "710d6471", lookupFields),
  reply("ip_route_lookup_reply", "5d8febcb", {
    retval: i32,
    route: struct("ip_route", {
      table_id: u32,
      stats_index: u32,
      prefix,
      n_paths: u8,
      paths: counted(fibPath, "n_paths"),
    }),
  }),
);

/** The same, telling also who made the route. */
export const ipRouteLookupV2 = call(
  request("ip_route_lookup_v2", "710d6471", lookupFields),
  reply("ip_route_lookup_v2_reply", "84cc9e03", {
    retval: i32,
    route: struct("ip_route_v2", {
      table_id: u32,
      stats_index: u32,
      prefix,
      n_paths: u8,
      src: u8,
      paths: counted(fibPath, "n_paths"),
    }),
  }),
);
