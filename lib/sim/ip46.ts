/**
 * VPP's ip46_address_t and its text: 16 bytes, an IPv4 address being 12 zero bytes and then 4
 * (src/vnet/ip/ip46_address.h). An IPv6 address that begins with 12 zero bytes is therefore taken
 * for IPv4, here as there.
 */

import type { Prefix } from "../gen/vpp.ts";
import { type IpAddress, ipFromBytes } from "../ip/mod.ts";

/** An address and how many of its 128 bits count: an IPv4 /32 has 128. */
export interface Prefix46 {
  readonly address: Uint8Array;
  readonly length: number;
}

/** ip_address_decode. */
export function fromWire(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(address.bytes, 16 - address.bytes.length);
  return bytes;
}

/** ip_address_encode with IP46_TYPE_ANY. */
export function toWire(address: Uint8Array): IpAddress {
  return ipFromBytes(isIpv4(address) ? address.subarray(12) : address);
}

/** The prefix of a request, host bits cleared. The length wraps around at 256 as VPP's u8 does. */
export function prefixFromWire({ address, len }: Prefix): Prefix46 {
  const length = (len + (address.family === 4 ? 96 : 0)) & 0xff;
  return { address: masked(fromWire(address), length), length };
}

/** The prefix for a reply. */
export function prefixToWire(prefix: Prefix46): Prefix {
  const len = prefixIsIpv4(prefix) ? prefix.length - 96 : prefix.length;
  return { address: toWire(prefix.address), len };
}

/** ip46_address_is_ip4. */
export function isIpv4(address: Uint8Array): boolean {
  return address.subarray(0, 12).every((byte) => byte === 0);
}

/** ip46_prefix_is_ip4. */
export function prefixIsIpv4(prefix: Prefix46): boolean {
  return prefix.length >= 96 && isIpv4(prefix.address);
}

/** Clears the bits behind the first `length`. */
export function masked(address: Uint8Array, length: number): Uint8Array {
  return address.map((byte, i) => {
    const kept = Math.min(8, Math.max(0, length - 8 * i));
    return byte & (0xff00 >> kept);
  });
}

/** format_ip46_address. */
export function formatAddress(address: Uint8Array): string {
  return isIpv4(address) ? address.subarray(12).join(".") : formatIpv6(address);
}

/** format_ip46_prefix. */
export function formatPrefix(prefix: Prefix46): string {
  const ipv4 = prefixIsIpv4(prefix);
  const address = ipv4 ? prefix.address.subarray(12).join(".") : formatIpv6(prefix.address);
  return `${address}/${ipv4 ? prefix.length - 96 : prefix.length}`;
}

/** format_ip6_address: unlike RFC 5952 it shortens a single zero group too. */
export function formatIpv6(address: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0),
  );
  let best = { start: 8, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
    start += length;
  }
  const text = groups.map((group) => group.toString(16));
  if (best.length === 0) return text.join(":");
  return `${text.slice(0, best.start).join(":")}::${
    text.slice(best.start + best.length).join(":")
  }`;
}
