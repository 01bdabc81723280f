import type { Call, Dump, Values } from "../binapi/mod.ts";
import {
  apiVersions,
  cliInband,
  controlPing,
  ipRouteLookup,
  ipRouteLookupV2,
  lbAddDelAs,
  type LbAddDelAsV2,
  lbAddDelAsV2,
  lbAddDelVip,
  type LbAddDelVipV2,
  lbAddDelVipV2,
  type LbAsDetails,
  lbAsDump,
  lbAsSetWeight,
  lbAsV2Dump,
  lbConf,
  lbConfGet,
  lbFlushVip,
  type LbVip,
  type LbVipDetails,
  lbVipDump,
  showVersion,
} from "../gen/vpp.ts";
import { ipFromBytes } from "../ip/mod.ts";
import { runCli } from "./cli.ts";
import type { Incoming } from "./dispatcher.ts";
import { fromWire, prefixFromWire } from "./ip46.ts";
import type { LoadBalancer } from "./lb.ts";
import {
  type EncapArguments,
  encaps,
  type Server,
  swapped,
  type Vip,
  type VipKey,
} from "./lb_types.ts";
import { lookUp } from "./fib.ts";
import type { Vpp } from "./vpp.ts";

/** What of a request is in none of its fields. */
type Rest = Pick<Incoming, "clientIndex" | "bytes">;

/** One request that VPP understands and what it answers. */
export interface Handler {
  readonly exchange: Call | Dump;
  /** The fields of each reply. */
  run(vpp: Vpp, fields: Values, rest: Rest): readonly Values[];
}

const all32 = 0xffff_ffff;

function reply<Q extends Values, P extends Values>(
  exchange: Call<Q, P>,
  run: (vpp: Vpp, fields: Q, rest: Rest) => P,
): Handler {
  return { exchange, run: (vpp, fields, rest) => [run(vpp, fields as Q, rest)] };
}

function details<Q extends Values, P extends Values>(
  exchange: Dump<Q, P>,
  run: (vpp: Vpp, fields: Q, rest: Rest) => P[],
): Handler {
  return { exchange, run: (vpp, fields, rest) => run(vpp, fields as Q, rest) };
}

/** Everything but the registration of clients, which needs their connections. */
export const handlers: readonly Handler[] = [
  reply(controlPing, ({ identity }, _, { clientIndex }) => ({
    retval: 0,
    client_index: clientIndex,
    vpe_pid: identity.pid,
  })),
  reply(apiVersions, () => ({ retval: 0, count: 0, api_versions: [] })),
  reply(showVersion, ({ identity }) => ({
    retval: 0,
    program: "vpe",
    version: identity.version,
    build_date: identity.buildDate,
    build_directory: identity.buildDirectory,
  })),
  reply(cliInband, (vpp, { cmd }) => {
    const { retval, output } = runCli(vpp, cmd);
    return { retval, reply: output };
  }),
  reply(ipRouteLookup, ({ fib }, fields) => lookUp(fib, fields).reply),
  reply(ipRouteLookupV2, ({ fib }, fields) => {
    const { reply: { retval, route }, source } = lookUp(fib, fields);
    return { retval, route: { ...route, src: source } };
  }),
  reply(lbConf, ({ lb }, fields) => ({
    retval: lb.configure({
      ipv4Source: fields.ip4_src_address.bytes,
      ipv6Source: fields.ip6_src_address.bytes,
      stickyBuckets: unless(all32, fields.sticky_buckets_per_core, lb.conf.stickyBuckets),
      flowTimeout: unless(all32, fields.flow_timeout, lb.conf.flowTimeout),
    }),
  })),
  reply(lbConfGet, ({ lb: { conf } }) => ({
    retval: 0,
    ip4_src_address: ipFromBytes(conf.ipv4Source),
    ip6_src_address: ipFromBytes(conf.ipv6Source),
    sticky_buckets_per_core: conf.stickyBuckets,
    flow_timeout: conf.flowTimeout,
  })),
  reply(lbAddDelVip, (vpp, fields) => ({
    retval: addDelVip(vpp, { ...fields, src_ip_sticky: false }),
  })),
  reply(lbAddDelVipV2, (vpp, fields) => ({ retval: addDelVip(vpp, fields) })),
  reply(lbAddDelAs, (vpp, fields) => {
    const is_flush = fields.is_del && fields.is_flush;
    return { retval: addDelServer(vpp, { ...fields, weight: 100, is_flush }) };
  }),
  reply(lbAddDelAsV2, (vpp, fields) => ({ retval: addDelServer(vpp, fields) })),
  reply(lbAsSetWeight, ({ lb }, fields) => {
    const { weight, is_flush } = fields;
    const retval = lb.setWeight(keyOf(fields), fromWire(fields.as_address), weight, is_flush);
    return { retval };
  }),
  reply(lbFlushVip, ({ lb }, fields) => ({ retval: lb.flushVip(keyOf(fields)) })),
  details(
    lbVipDump,
    ({ lb }) => Array.from(lb.vips).filter((vip) => vip.used && vip.index !== 0).map(vipDetails),
  ),
  details(
    lbAsDump,
    ({ lb }, filter, rest) =>
      wantedServers(lb, filter, rest).map(({ vip, server }) => serverDetails(vip, server)),
  ),
  details(
    lbAsV2Dump,
    ({ lb }, filter, rest) =>
      wantedServers(lb, filter, rest).map(({ vip, server }) => ({
        ...serverDetails(vip, server),
        weight: server.weight,
        num_buckets: lb.table(vip).buckets.get(server.index) ?? 0,
      })),
  ),
];

/** Port 0 means all ports, whatever the protocol says. */
function keyOf({ pfx, protocol, port }: LbVip): VipKey {
  return { prefix: prefixFromWire(pfx), protocol: port === 0 ? 255 : protocol, port };
}

function addDelVip({ lb }: Vpp, fields: LbAddDelVipV2): number {
  const key = keyOf(fields);
  if (fields.is_del) return lb.deleteVip(key);
  return lb.addVip({
    ...key,
    encap: fields.encap,
    dscp: fields.dscp,
    // VPP forgets to swap the bytes of the type: only its highest byte on the wire arrives.
    serviceType: fields.type >>> 24,
    targetPort: fields.target_port,
    tableLength: fields.new_flows_table_length,
    sticky: fields.src_ip_sticky,
  });
}

function addDelServer({ lb }: Vpp, fields: LbAddDelAsV2): number {
  const address = fromWire(fields.as_address);
  if (fields.is_del) return lb.deleteServer(keyOf(fields), address, fields.is_flush);
  return lb.addServer(keyOf(fields), address, fields.weight, fields.is_flush);
}

function vipDetails(vip: Vip): LbVipDetails {
  return {
    vip: wireVip(vip),
    encap: encaps.findIndex((encap) => vip.type.endsWith(encap)),
    ...wireEncap(vip.encapArguments),
    flow_table_length: vip.tableLength & 0xffff,
  };
}

/** The service type is not swapped, the target port is swapped once too often. */
function wireEncap({ dscpOrServiceType, targetPort }: EncapArguments) {
  return {
    dscp: dscpOrServiceType,
    srv_type: (dscpOrServiceType << 24) >>> 0,
    target_port: swapped(targetPort),
  };
}

function wireVip(vip: Vip): LbVip {
  return { pfx: vip.wire, protocol: vip.protocol, port: vip.port };
}

function serverDetails(vip: Vip, server: Server): LbAsDetails {
  return {
    vip: wireVip(vip),
    app_srv: server.wire,
    flags: server.used ? 1 : 0,
    in_use_since: server.lastUsed,
  };
}

function wantedServers(lb: LoadBalancer, filter: LbVip, rest: Rest) {
  return Array.from(lb.vips).filter((vip) => isWanted(vip, filter, rest))
    .flatMap((vip) => lb.serversOf(vip).map((server) => ({ vip, server })));
}

/** Where a dump has the address to filter by: behind u16 id, u32 client_index, u32 context, u8 af. */
const filterAt = 11;

/**
 * The filter of an AS dump (api.c): all zeros means everything; otherwise the 16 bytes as they
 * come are compared with VPP's own form, in which an IPv4 address lies at the end. One that is
 * encoded as usual, at the beginning, never matches.
 */
function isWanted(vip: Vip, filter: LbVip, rest: Rest): boolean {
  const bytes = rest.bytes.subarray(filterAt, filterAt + 16);
  if (bytes.every((byte) => byte === 0)) return true;
  return bytes.every((byte, i) => byte === vip.prefix.address[i]) &&
    filter.protocol === vip.protocol && filter.port === vip.port;
}

function unless(keep: number, asked: number, current: number): number {
  return asked === keep ? current : asked;
}
