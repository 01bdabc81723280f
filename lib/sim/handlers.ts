import { runCli } from "./cli.ts";
import type { WirePrefix } from "./fields.ts";
import { fromWire, prefixFromWire } from "./ip46.ts";
import type { EncapArguments, Server, Vip, VipKey } from "./lb_types.ts";
import { type Fields, type Message, messages } from "./messages.ts";
import { lookUp } from "./route_lookup.ts";
import type { Vpp } from "./vpp.ts";

/** A reply before it has an id and a context. */
export interface Answer {
  readonly message: Message;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** One message that VPP understands and what it answers. */
export interface Handler {
  readonly message: Message;
  run(vpp: Vpp, fields: Readonly<Record<string, unknown>>, clientIndex: number): Answer[];
}

const all32 = 0xffff_ffff;

function answer<M extends Message>(message: M, fields: Fields<M>): Answer {
  return { message, fields };
}

function handler<M extends Message>(
  message: M,
  run: (vpp: Vpp, fields: Fields<M>, clientIndex: number) => Answer | Answer[],
): Handler {
  return {
    message,
    run: (vpp, fields, clientIndex) => [run(vpp, fields as Fields<M>, clientIndex)].flat(),
  };
}

/** Everything but the registration of clients, which needs their connections. */
export const handlers: readonly Handler[] = [
  handler(
    messages.controlPing,
    ({ identity }, _, clientIndex) =>
      answer(messages.controlPingReply, {
        retval: 0,
        client_index: clientIndex,
        vpe_pid: identity.pid,
      }),
  ),
  handler(
    messages.apiVersions,
    () => answer(messages.apiVersionsReply, { retval: 0, api_versions: [] }),
  ),
  handler(messages.showVersion, ({ identity }) =>
    answer(messages.showVersionReply, {
      retval: 0,
      program: "vpe",
      version: identity.version,
      build_date: identity.buildDate,
      build_directory: identity.buildDirectory,
    })),
  handler(messages.cliInband, (vpp, { cmd }) => {
    const { retval, output } = runCli(vpp, cmd);
    return answer(messages.cliInbandReply, { retval, reply: output });
  }),
  handler(messages.routeLookup, (vpp, fields) => {
    const { retval, route, paths } = lookUp(vpp, fields);
    return answer(messages.routeLookupReply, { retval, route: { ...route, paths } });
  }),
  handler(messages.routeLookupV2, (vpp, fields) => {
    const { retval, route, paths, source } = lookUp(vpp, fields);
    return answer(messages.routeLookupV2Reply, {
      retval,
      route: { ...route, n_paths: paths.length, src: source, paths },
    });
  }),
  handler(messages.lbConf, ({ lb }, fields) =>
    answer(messages.lbConfReply, {
      retval: lb.configure({
        ipv4Source: fields.ip4_src_address,
        ipv6Source: fields.ip6_src_address,
        stickyBuckets: unless(all32, fields.sticky_buckets_per_core, lb.conf.stickyBuckets),
        flowTimeout: unless(all32, fields.flow_timeout, lb.conf.flowTimeout),
      }),
    })),
  handler(messages.lbConfGet, ({ lb: { conf } }) =>
    answer(messages.lbConfGetReply, {
      retval: 0,
      ip4_src_address: conf.ipv4Source,
      ip6_src_address: conf.ipv6Source,
      sticky_buckets_per_core: conf.stickyBuckets,
      flow_timeout: conf.flowTimeout,
    })),
  handler(messages.lbAddDelVip, (vpp, fields) =>
    answer(messages.lbAddDelVipReply, {
      retval: addDelVip(vpp, { ...fields, src_ip_sticky: false }),
    })),
  handler(
    messages.lbAddDelVipV2,
    (vpp, fields) => answer(messages.lbAddDelVipV2Reply, { retval: addDelVip(vpp, fields) }),
  ),
  handler(messages.lbAddDelAs, (vpp, fields) =>
    answer(messages.lbAddDelAsReply, {
      retval: addDelServer(vpp, {
        ...fields,
        weight: 100,
        is_flush: fields.is_del && fields.is_flush,
      }),
    })),
  handler(
    messages.lbAddDelAsV2,
    (vpp, fields) => answer(messages.lbAddDelAsV2Reply, { retval: addDelServer(vpp, fields) }),
  ),
  handler(messages.lbAsSetWeight, ({ lb }, fields) =>
    answer(messages.lbAsSetWeightReply, {
      retval: lb.setWeight(
        keyOf(fields),
        fromWire(fields.as_address),
        fields.weight,
        fields.is_flush,
      ),
    })),
  handler(
    messages.lbFlushVip,
    ({ lb }, fields) => answer(messages.lbFlushVipReply, { retval: lb.flushVip(keyOf(fields)) }),
  ),
  handler(
    messages.lbVipDump,
    ({ lb }) => Array.from(lb.vips).filter((vip) => vip.used && vip.index !== 0).map(vipDetails),
  ),
  handler(
    messages.lbAsDump,
    ({ lb }, filter) =>
      Array.from(lb.vips).filter((vip) => isWanted(vip, filter)).flatMap((vip) =>
        lb.serversOf(vip).map((server) => answer(messages.lbAsDetails, serverDetails(vip, server)))
      ),
  ),
  handler(
    messages.lbAsV2Dump,
    ({ lb }, filter) =>
      Array.from(lb.vips).filter((vip) => isWanted(vip, filter)).flatMap((vip) => {
        const { buckets } = lb.table(vip);
        return lb.serversOf(vip).map((server) =>
          answer(messages.lbAsV2Details, {
            ...serverDetails(vip, server),
            weight: server.weight,
            num_buckets: buckets.get(server.index) ?? 0,
          })
        );
      }),
  ),
];

interface WireKey {
  readonly pfx: WirePrefix;
  readonly protocol: number;
  readonly port: number;
}

/** Port 0 means all ports, whatever the protocol says. */
function keyOf({ pfx, protocol, port }: WireKey): VipKey {
  return { prefix: prefixFromWire(pfx), protocol: port === 0 ? 255 : protocol, port };
}

function addDelVip({ lb }: Vpp, fields: Fields<typeof messages.lbAddDelVipV2>): number {
  const key = keyOf(fields);
  if (fields.is_del) return lb.deleteVip(key);
  return lb.addVip({
    ...key,
    encap: fields.encap,
    dscp: fields.dscp,
    // VPP forgets to swap the bytes of the type: only its highest byte on the wire arrives.
    serviceType: fields.type[0] ?? 0,
    targetPort: fields.target_port,
    tableLength: fields.new_flows_table_length,
    sticky: fields.src_ip_sticky,
  });
}

function addDelServer({ lb }: Vpp, fields: Fields<typeof messages.lbAddDelAsV2>): number {
  const address = fromWire(fields.as_address);
  if (fields.is_del) return lb.deleteServer(keyOf(fields), address, fields.is_flush);
  return lb.addServer(keyOf(fields), address, fields.weight, fields.is_flush);
}

function vipDetails(vip: Vip): Answer {
  return answer(messages.lbVipDetails, {
    vip: wireVip(vip),
    encap: ["gre4", "gre6", "l3dsr", "nat4", "nat6"].indexOf(vip.type.slice(4)),
    ...wireEncap(vip.encapArguments),
    flow_table_length: vip.tableLength & 0xffff,
  });
}

/** The service type is not swapped, the target port is swapped once too often. */
function wireEncap({ dscpOrServiceType, targetPort }: EncapArguments) {
  return {
    dscp: dscpOrServiceType,
    srv_type: new Uint8Array([dscpOrServiceType, 0, 0, 0]),
    target_port: ((targetPort & 0xff) << 8) | (targetPort >>> 8),
  };
}

function wireVip(vip: Vip): { pfx: WirePrefix; protocol: number; port: number } {
  return { pfx: vip.wire, protocol: vip.protocol, port: vip.port };
}

function serverDetails(vip: Vip, server: Server) {
  return {
    vip: wireVip(vip),
    app_srv: server.wire,
    flags: server.used ? 1 : 0,
    in_use_since: server.lastUsed,
  };
}

/**
 * The filter of an AS dump (api.c): all zeros means everything; otherwise the 16 bytes as they
 * come are compared with VPP's own form, in which an IPv4 address lies at the end. One that is
 * encoded as usual, at the beginning, never matches.
 */
function isWanted(vip: Vip, filter: WireKey): boolean {
  const { bytes } = filter.pfx.address;
  if (bytes.every((byte) => byte === 0)) return true;
  return bytes.every((byte, i) => byte === vip.prefix.address[i]) &&
    filter.protocol === vip.protocol && filter.port === vip.port;
}

function unless(keep: number, asked: number, current: number): number {
  return asked === keep ? current : asked;
}
