import {
  address,
  bool,
  type Field,
  i32,
  list,
  many,
  paddedText,
  prefix,
  raw,
  type Shape,
  struct,
  text,
  u16,
  u32,
  u8,
  type Values,
} from "./fields.ts";

/** Any shape at all: its values are whatever they are. */
// deno-lint-ignore no-explicit-any
type Any = any;

/** A message's layout: what follows id, client_index and context. */
export interface Message<S extends Shape = Any> {
  /** Without the CRC. */
  readonly name: string;
  /** As in the message table. */
  readonly nameCrc: string;
  readonly shape: S;
  /** Reads and writes all of it. */
  readonly codec: Field<Values<S>>;
}

/** The fields of a message. */
export type Fields<M extends Message> = Values<M["shape"]>;

function message<const S extends Shape>(name: string, crc: string, shape: S): Message<S> {
  return { name, nameCrc: `${name}_${crc}`, shape, codec: struct(shape) };
}

/** Most replies: CRC e8d4e804. */
function retvalReply(name: string): Message<{ retval: typeof i32 }> {
  return message(`${name}_reply`, "e8d4e804", { retval: i32 });
}

const vipKey = { pfx: prefix, protocol: u8, port: u16 };

const vipAddDel = {
  ...vipKey,
  encap: u32,
  dscp: u8,
  type: raw(4),
  target_port: u16,
  node_port: u16,
  new_flows_table_length: u32,
};

const vip = struct({ pfx: prefix, protocol: u8, port: u16 });

const asDetails = { vip, app_srv: address, flags: u8, in_use_since: u32 };

const conf = {
  ip4_src_address: raw(4),
  ip6_src_address: raw(16),
  sticky_buckets_per_core: u32,
  flow_timeout: u32,
};

/** vl_api_fib_path_t (fib_types.api), whose label stack the lb plugin leaves empty. */
const path = struct({
  sw_if_index: u32,
  table_id: u32,
  rpf_id: u32,
  weight: u8,
  preference: u8,
  type: u32,
  flags: u32,
  proto: u32,
  nh: raw(28),
  n_labels: u8,
  label_stack: raw(16 * 7),
});

const route = { table_id: u32, stats_index: u32, prefix };

const lookup = { table_id: u32, exact: u8, prefix };

/** Every message that the simulated VPP understands or sends, by the API files of VPP 26.10. */
export const messages = {
  sockclntCreate: message("sockclnt_create", "455fb9c4", { name: paddedText(64) }),
  sockclntCreateReply: message("sockclnt_create_reply", "35166268", {
    response: i32,
    index: u32,
    message_table: list(u16, struct({ index: u16, name: paddedText(64) })),
  }),
  sockclntDelete: message("sockclnt_delete", "8ac76db6", { index: u32 }),
  sockclntDeleteReply: message("sockclnt_delete_reply", "8f38b1ee", { response: i32 }),
  controlPing: message("control_ping", "51077d14", {}),
  controlPingReply: message("control_ping_reply", "f6b0b8ca", {
    retval: i32,
    client_index: u32,
    vpe_pid: u32,
  }),
  apiVersions: message("api_versions", "51077d14", {}),
  apiVersionsReply: message("api_versions_reply", "5f0d99d6", {
    retval: i32,
    api_versions: list(
      u32,
      struct({ major: u32, minor: u32, patch: u32, name: paddedText(64) }),
    ),
  }),
  showVersion: message("show_version", "51077d14", {}),
  showVersionReply: message("show_version_reply", "c919bde1", {
    retval: i32,
    program: paddedText(32),
    version: paddedText(32),
    build_date: paddedText(32),
    build_directory: paddedText(256),
  }),
  cliInband: message("cli_inband", "f8377302", { cmd: text }),
  cliInbandReply: message("cli_inband_reply", "05879051", { retval: i32, reply: text }),
  routeLookup: message("ip_route_lookup", "710d6471", lookup),
  routeLookupReply: message("ip_route_lookup_reply", "5d8febcb", {
    retval: i32,
    route: struct({ ...route, paths: list(u8, path) }),
  }),
  routeLookupV2: message("ip_route_lookup_v2", "710d6471", lookup),
  routeLookupV2Reply: message("ip_route_lookup_v2_reply", "84cc9e03", {
    retval: i32,
    route: struct({ ...route, n_paths: u8, src: u8, paths: many(path) }),
  }),
  lbConf: message("lb_conf", "56cd3261", conf),
  lbConfReply: retvalReply("lb_conf"),
  lbConfGet: message("lb_conf_get", "51077d14", {}),
  lbConfGetReply: message("lb_conf_get_reply", "923427ac", { retval: i32, ...conf }),
  lbAddDelVip: message("lb_add_del_vip", "6fa569c7", { ...vipAddDel, is_del: bool }),
  lbAddDelVipReply: retvalReply("lb_add_del_vip"),
  lbAddDelVipV2: message("lb_add_del_vip_v2", "7c520e0f", {
    ...vipAddDel,
    src_ip_sticky: bool,
    is_del: bool,
  }),
  lbAddDelVipV2Reply: retvalReply("lb_add_del_vip_v2"),
  lbAddDelAs: message("lb_add_del_as", "35d72500", {
    ...vipKey,
    as_address: address,
    is_del: bool,
    is_flush: bool,
  }),
  lbAddDelAsReply: retvalReply("lb_add_del_as"),
  lbAddDelAsV2: message("lb_add_del_as_v2", "2f1d3b0e", {
    ...vipKey,
    as_address: address,
    weight: u8,
    is_del: bool,
    is_flush: bool,
  }),
  lbAddDelAsV2Reply: retvalReply("lb_add_del_as_v2"),
  lbAsSetWeight: message("lb_as_set_weight", "2d89bdbd", {
    ...vipKey,
    as_address: address,
    weight: u8,
    is_flush: bool,
  }),
  lbAsSetWeightReply: retvalReply("lb_as_set_weight"),
  lbFlushVip: message("lb_flush_vip", "1063f819", vipKey),
  lbFlushVipReply: retvalReply("lb_flush_vip"),
  lbVipDump: message("lb_vip_dump", "56110cb7", {
    pfx: prefix,
    pfx_matcher: struct({ le: u8, ge: u8 }),
    protocol: u8,
    port: u16,
  }),
  lbVipDetails: message("lb_vip_details", "1329ec9b", {
    vip,
    encap: u32,
    dscp: u8,
    srv_type: raw(4),
    target_port: u16,
    flow_table_length: u16,
  }),
  lbAsDump: message("lb_as_dump", "1063f819", vipKey),
  lbAsDetails: message("lb_as_details", "8d24c29e", asDetails),
  lbAsV2Dump: message("lb_as_v2_dump", "1063f819", vipKey),
  lbAsV2Details: message("lb_as_v2_details", "90064aae", {
    ...asDetails,
    weight: u8,
    num_buckets: u32,
  }),
} as const;
