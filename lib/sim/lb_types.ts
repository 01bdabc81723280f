import type { Prefix } from "../gen/vpp.ts";
import type { IpAddress } from "../ip/mod.ts";
import { type Prefix46, prefixToWire, toWire } from "./ip46.ts";
import { Pool } from "./pool.ts";

/** Return values of the lb plugin (src/vnet/error.h). */
export const retval = {
  ok: 0,
  noSuchFib: -3,
  noSuchEntry: -6,
  invalidMemorySize: -70,
  invalidArgument: -73,
  valueExist: -81,
  invalidAddressFamily: -97,
} as const;

/** What a VIP's packets become: the VIP's family and the encapsulation (lb.h, lb_vip_type_t). */
export type VipType =
  | "ip6-gre6"
  | "ip6-gre4"
  | "ip4-gre6"
  | "ip4-gre4"
  | "ip4-l3dsr"
  | "ip4-nat4"
  | "ip6-nat6";

/** What servers get to see of a packet. */
export type Encap = "gre4" | "gre6" | "l3dsr" | "nat4" | "nat6";

/** Encapsulations by their number on the wire. */
export const encaps: readonly Encap[] = ["gre4", "gre6", "l3dsr", "nat4", "nat6"];

/** What names a VIP. */
export interface VipKey {
  readonly prefix: Prefix46;
  readonly protocol: number;
  readonly port: number;
}

/** What a request for a VIP asks for. */
export interface VipArguments extends VipKey {
  /** One of {@link encaps} by its number. */
  readonly encap: number;
  readonly dscp: number;
  /** 1 is nodeport. */
  readonly serviceType: number;
  readonly targetPort: number;
  readonly tableLength: number;
  readonly sticky: boolean;
}

/**
 * Arguments of an encapsulation. They stay in a slot of the VIP pool when the VIP goes, and the
 * DSCP shares its byte with the service type (lb.h, lb_vip_encap_args_t).
 */
export interface EncapArguments {
  dscpOrServiceType: number;
  targetPort: number;
}

/** A VIP of the pool, deleted ones that still have servers included. */
export interface Vip extends VipKey {
  /** The prefix as replies carry it. */
  readonly wire: Prefix;
  readonly index: number;
  readonly type: VipType;
  readonly sticky: boolean;
  readonly tableLength: number;
  readonly encapArguments: EncapArguments;
  /** Indices into the pool of servers. */
  readonly servers: Pool<number>;
  /** The same indices by address, in hex. */
  readonly byAddress: Map<string, number>;
  used: boolean;
  /** Undefined when it has to be computed again. */
  table: NewFlowTable | undefined;
}

/** Which server new flows go to. */
export interface NewFlowTable {
  /** A server's index for each slot. */
  readonly slots: Uint32Array;
  /** How many slots each server has, by its index. */
  readonly buckets: ReadonlyMap<number, number>;
}

/** A server of one VIP, lingering ones included. */
export interface Server {
  readonly index: number;
  readonly address: Uint8Array;
  /** The address as replies carry it. */
  readonly wire: IpAddress;
  /** Of the route to it. */
  readonly routeIndex: number;
  used: boolean;
  weight: number;
  /** Uptime in whole seconds at its last deletion. */
  lastUsed: number;
  /** Entries of the flow tables that point here. */
  flows: number;
}

/** Settings of the plugin. */
export interface Conf {
  ipv4Source: Uint8Array;
  ipv6Source: Uint8Array;
  stickyBuckets: number;
  flowTimeout: number;
}

/** Something that kills a real VPP. */
export class VppCrash extends Error {
  override readonly name = "VppCrash";
}

/** Whether the servers of such a VIP are IPv4 (lb.h, lb_encap_is_ip4). */
export function serversAreIpv4(type: VipType): boolean {
  return type === "ip6-gre4" || type === "ip4-gre4" || type === "ip4-l3dsr" || type === "ip4-nat4";
}

/** Bytes that the encapsulation puts in front of a packet: an IP header and four for GRE. */
export function encapBytes(type: VipType): number {
  if (type.endsWith("gre4")) return 24;
  return type.endsWith("gre6") ? 44 : 0;
}

/** A VIP in use, without servers; what `settled` has besides is left out. */
export function newVip(
  index: number,
  settled: VipKey & Pick<Vip, "type" | "sticky" | "tableLength" | "encapArguments">,
): Vip {
  const { prefix, protocol, port, type, sticky, tableLength, encapArguments } = settled;
  return {
    ...{ index, prefix, protocol, port, type, sticky, tableLength, encapArguments },
    wire: prefixToWire(prefix),
    servers: new Pool<number>(),
    byAddress: new Map(),
    used: true,
    table: undefined,
  };
}

/** A server in use, with weight 0. */
export function newServer(index: number, address: Uint8Array, routeIndex: number): Server {
  const wire = toWire(address);
  return { index, address, wire, routeIndex, used: true, weight: 0, lastUsed: 0, flows: 0 };
}

/** A port in the wrong byte order, as VPP tells it in some places. */
export function swapped(port: number): number {
  return ((port & 0xff) << 8) | (port >>> 8);
}

/** Whether servers get packets with another destination. */
export function isNat(type: VipType): boolean {
  return type === "ip4-nat4" || type === "ip6-nat6";
}
