import type { IpAddress } from "./ip.ts";

/** Kinds of address that no single host can be reached at, as they stand in "must not be …". */
export type SpecialScope =
  | "an unspecified"
  | "a multicast"
  | "a broadcast"
  | "an IPv4-mapped"
  | "an IPv4-compatible"
  | "a link-local";

/**
 * What is special about an address, or undefined for those a host can have and be found at
 * (RFC 6890). Addresses have no zone here, so an IPv6 link-local one says too little; IPv4 knows no
 * zones, and its link-local range is routed on some networks.
 */
export function specialScope({ family, bytes, text }: IpAddress): SpecialScope | undefined {
  const [first = 0, second = 0] = bytes;
  if (text === "0.0.0.0" || text === "::") return "an unspecified";
  if (family === 4 && (first & 0xf0) === 0xe0 || family === 6 && first === 0xff) {
    return "a multicast";
  }
  if (text === "255.255.255.255") return "a broadcast";
  if (family === 4) return undefined;
  if (first === 0xfe && (second & 0xc0) === 0x80) return "a link-local";
  if (text.startsWith("::ffff:") && text.includes(".")) return "an IPv4-mapped";
  // RFC 4291 section 2.5.5.1: ::/96, in which ::1 lies as well.
  return bytes.subarray(0, 12).every((byte) => byte === 0) ? "an IPv4-compatible" : undefined;
}
