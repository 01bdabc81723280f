/**
 * Requests that a real VPP accepts and then dies of, or silently bends into something else
 * (docs/vpp.md, "Requests that kill VPP" and "Return values"). Each guard gives the reason
 * for not sending, as a sentence. What can be told only with other VIPs in view is in
 * `lib/vpp/state/occupied.ts`.
 */

import {
  EncodeError,
  encodeMessage,
  type Message,
  type MessageHeader,
  type Values,
  type WireWriter,
} from "../binapi/mod.ts";
import {
  cliInband,
  type LbAddDelAs,
  lbAddDelAs,
  lbAddDelAsV2,
  type LbAddDelVip,
  lbAddDelVip,
  lbAddDelVipV2,
  lbAsSetWeight,
  lbConf,
  lbEncapType,
  lbFlushVip,
  type Prefix,
} from "../gen/vpp.ts";

/** Leaves the present number of sticky buckets, or the present timeout. */
export const keep = 0xffffffff;

const {
  LB_API_ENCAP_TYPE_L3DSR: l3dsr,
  LB_API_ENCAP_TYPE_NAT4: nat4,
  LB_API_ENCAP_TYPE_NAT6: nat6,
} = lbEncapType;
const natEncaps = new Set<number>([nat4, nat6]);
const ipv4Encaps = new Set<number>([l3dsr, nat4]);

/** The largest sticky table that VPP survives, per core. */
const maxStickyBuckets = 2 ** 25;

function isPowerOfTwo(value: number): boolean {
  return value > 0 && Number.isInteger(Math.log2(value));
}

/** Zero or 2^26 and more crash VPP at the first packet; others must be powers of two. */
function refuseConf(
  { sticky_buckets_per_core: buckets }: { readonly sticky_buckets_per_core: number },
): string | undefined {
  if (buckets === keep || (isPowerOfTwo(buckets) && buckets <= maxStickyBuckets)) return undefined;
  return `${buckets} sticky buckets per core are no power of two from 1 to 2^25`;
}

/**
 * A table of 0 makes VPP allocate 2^32 entries and abort; an all-port NAT VIP kills it as soon as
 * it gets a server; an IPv6 VIP with an IPv4-only encap silently becomes gre6.
 */
function refuseVip(vip: LbAddDelVip): string | undefined {
  if (!isPowerOfTwo(vip.new_flows_table_length)) {
    return `a flow table of ${vip.new_flows_table_length} entries is no power of two`;
  }
  if (vip.is_del) return undefined;
  if (natEncaps.has(vip.encap) && vip.port === 0) {
    return "an all-port NAT VIP kills VPP when it gets a server";
  }
  if (ipv4Encaps.has(vip.encap) && vip.pfx.address.family === 6) {
    return "an IPv6 VIP can have neither nat4 nor l3dsr, VPP would silently make it gre6";
  }
  return undefined;
}

/** VPP stores larger weights and answers 0, and the table grows with each of them. */
function refuseWeight({ weight }: { readonly weight: number }): string | undefined {
  return weight > 100 ? `weight ${weight} is over 100` : undefined;
}

/** A server at its VIP's own address: VPP would tunnel to itself until its stack is full. */
function refuseAs({ pfx, as_address: server, is_del }: LbAddDelAs): string | undefined {
  return !is_del && server.text === pfx.address.text
    ? `the server ${server.text} is at its own VIP's address`
    : undefined;
}

function refuseCommand({ cmd }: { readonly cmd: string }): string | undefined {
  return cmd.includes("\0")
    ? "the command contains a NUL, VPP takes commands without a terminator"
    : undefined;
}

/** VPP aborts on lengths over 128 and makes garbage of IPv4 over 32. */
function refusePrefix(
  { pfx, prefix = pfx }: { readonly pfx?: Prefix; readonly prefix?: Prefix },
): string | undefined {
  if (!prefix) return undefined;
  const { address, len } = prefix;
  const most = address.family === 4 ? 32 : 128;
  return len > most
    ? `prefix ${address.text}/${len} is longer than the ${most} bits of the address`
    : undefined;
}

type Guard = (value: Values) => string | undefined;

function guard<T extends Values>(
  { request }: { readonly request: Message<T> },
  refuse: (value: T) => string | undefined,
): [Message, Guard] {
  return [request, refuse as Guard];
}

const guards = new Map([
  guard(cliInband, refuseCommand),
  guard(lbConf, refuseConf),
  guard(lbAddDelVip, refuseVip),
  guard(lbAddDelVipV2, refuseVip),
  guard(lbAddDelAs, refuseAs),
  guard(lbAddDelAsV2, (value) => refuseAs(value) ?? refuseWeight(value)),
  guard(lbAsSetWeight, refuseWeight),
  guard(lbFlushVip, () => "of a VIP that is gone VPP would flush whatever an unset index leads to"),
]);

/** Appends id, header and fields. EncodeError, naming the request, for what is never to be sent. */
export function encodeRequest<T extends Values>(
  to: WireWriter,
  message: Message<T>,
  header: MessageHeader,
  value: T,
): void {
  const refusal = refusePrefix(value) ?? guards.get(message)?.(value);
  if (refusal !== undefined) throw new EncodeError(`${message.name} is not sent: ${refusal}`);
  encodeMessage(to, message, header, value);
}
