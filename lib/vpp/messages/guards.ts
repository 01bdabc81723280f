/**
 * Requests that a real VPP accepts and then dies of, or silently bends into something else
 * (docs/vpp.md, "Requests that kill VPP" and "Return values"). Each guard gives the reason
 * for not sending, as a sentence. What can be told only with other VIPs in view is in
 * `lb/occupied.ts`.
 */

import type { IpAddress } from "../../ip/mod.ts";
import type { WirePrefix } from "../codec/mod.ts";

/** Leaves the present number of sticky buckets, or the present timeout. */
export const keep = 0xffffffff;

/** Encapsulations on the wire. */
const wireEncap = { l3dsr: 2, nat4: 3, nat6: 4 } as const;

/** The largest sticky table that VPP survives, per core. */
const maxStickyBuckets = 2 ** 25;

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

/** Zero or 2^26 and more crash VPP at the first packet; others must be powers of two. */
export function refuseConf(
  { sticky_buckets_per_core: buckets }: { readonly sticky_buckets_per_core: number },
): string | undefined {
  if (buckets === keep || (isPowerOfTwo(buckets) && buckets <= maxStickyBuckets)) return undefined;
  return `${buckets} sticky buckets per core are no power of two from 1 to 2^25`;
}

/** What the three lb requests that could harm VPP have in common. */
interface VipRequest {
  readonly pfx: WirePrefix;
  readonly port: number;
  readonly encap: number;
  readonly new_flows_table_length: number;
  readonly is_del: boolean;
}

/**
 * A table of 0 makes VPP allocate 2^32 entries and abort; an all-port NAT VIP kills it as soon as
 * it gets a server; an IPv6 VIP with an IPv4-only encap silently becomes gre6.
 */
export function refuseVip(vip: VipRequest): string | undefined {
  if (!isPowerOfTwo(vip.new_flows_table_length)) {
    return `a flow table of ${vip.new_flows_table_length} entries is no power of two`;
  }
  if (vip.is_del) return undefined;
  const nat = vip.encap === wireEncap.nat4 || vip.encap === wireEncap.nat6;
  if (nat && vip.port === 0) return "an all-port NAT VIP kills VPP when it gets a server";
  const ipv4Only = vip.encap === wireEncap.nat4 || vip.encap === wireEncap.l3dsr;
  if (ipv4Only && vip.pfx.address.family === 6) {
    return "an IPv6 VIP can have neither nat4 nor l3dsr, VPP would silently make it gre6";
  }
  return undefined;
}

/** VPP stores larger weights and answers 0, and the table grows with each of them. */
export function refuseWeight({ weight }: { readonly weight: number }): string | undefined {
  return weight > 100 ? `weight ${weight} is over 100` : undefined;
}

/** What the request about a server says. */
interface AsRequest {
  readonly pfx: WirePrefix;
  readonly as_address: IpAddress;
  readonly weight: number;
  readonly is_del: boolean;
}

/** A server at its VIP's own address: VPP would tunnel to itself until its stack is full. */
export function refuseAs(request: AsRequest): string | undefined {
  const { pfx, as_address: server } = request;
  if (!request.is_del && server.text === pfx.address.text) {
    return `the server ${server.text} is at its own VIP's address`;
  }
  return refuseWeight(request);
}
