import { compareIp, type IpAddress } from "../../ip/mod.ts";
import type { Encap, LbServerState } from "../service.ts";

/** Some of the leading bits of an address. */
export interface IpPrefix {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** The /32 or /128 of an address. */
export function hostOf(address: IpAddress): IpPrefix {
  return { address, prefixLength: address.family === 4 ? 32 : 128 };
}

/** What VPP tells VIPs apart by. */
export interface VipKey extends IpPrefix {
  /** 6 TCP, 17 UDP, 255 any. */
  readonly protocol: number;
  /** 0 is all ports, and goes with protocol 255. */
  readonly port: number;
}

/** The numbers of protocols on the wire. */
export const protocols = { tcp: 6, udp: 17, any: 255 } as const;

/** `tcp`, `udp`, or `any` for whatever else VPP may hold. */
export function protocolName(protocol: number): keyof typeof protocols {
  if (protocol === protocols.tcp) return "tcp";
  return protocol === protocols.udp ? "udp" : "any";
}

/** `192.0.2.1/32`. */
export function prefixText({ address, prefixLength }: IpPrefix): string {
  return `${address.text}/${prefixLength}`;
}

/** A VIP for people. */
export function namedVip(key: VipKey) {
  return { prefix: prefixText(key), protocol: protocolName(key.protocol), port: key.port };
}

/** `192.0.2.1/32 tcp 80`, for sentences. */
export function describeVip(vip: VipKey): string {
  const { prefix, protocol, port } = namedVip(vip);
  return `${prefix} ${protocol} ${port}`;
}

/** Equal for equal keys only. */
export function vipId(key: VipKey): string {
  return `${prefixText(key)} ${key.protocol} ${key.port}`;
}

/** Numeric order of addresses, IPv4 first; then length, protocol, port. */
export function compareVips(a: VipKey, b: VipKey): number {
  return compareIp(a.address, b.address) || a.prefixLength - b.prefixLength ||
    a.protocol - b.protocol || a.port - b.port;
}

/** A VIP that VPP has, whoever made it. */
export interface ActualVip extends VipKey {
  readonly id: string;
  readonly encap: Encap;
  /** Undefined when VPP's text did not tell. */
  readonly sticky: boolean | undefined;
  /** The index of its counters; undefined when VPP's text did not tell. */
  readonly poolIndex: number | undefined;
  readonly flowTableLength: number;
  /** By address text, in VPP's order. */
  readonly servers: ReadonlyMap<string, LbServerState>;
}

/** Set in the flags of a server while it is used; clear in what lingers after a deletion. */
export const usedFlag = 1;

/** One that belongs to whoever asked for the dump. */
export type DumpedVip = ActualVip & { readonly servers: Map<string, LbServerState> };

/** The servers of a VIP in numeric address order. */
export function serversInOrder(vip: ActualVip): LbServerState[] {
  return [...vip.servers.values()].sort((a, b) => compareIp(a.address, b.address));
}
