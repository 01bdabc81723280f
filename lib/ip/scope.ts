import type { IpAddress } from "./ip.ts";

/** Kinds of address that no single host can be reached at, as they stand in "must not be …". */
export type SpecialScope =
  | "an unspecified"
  | "a multicast"
  | "a broadcast"
  | "an IPv4-mapped";

/** What is special about an address, or undefined for those a host can have (RFC 6890). */
export function specialScope({ family, bytes, text }: IpAddress): SpecialScope | undefined {
  const first = bytes[0] ?? 0;
  if (text === "0.0.0.0" || text === "::") return "an unspecified";
  if (family === 4 && (first & 0xf0) === 0xe0 || family === 6 && first === 0xff) {
    return "a multicast";
  }
  if (text === "255.255.255.255") return "a broadcast";
  if (text.startsWith("::ffff:") && text.includes(".")) return "an IPv4-mapped";
  return undefined;
}
