import { type IpAddress, ipFromBytes, parseIp } from "../ip/mod.ts";

/**
 * Whom limits count as one: a site commonly has a whole IPv6 /64, and of IPv4 one address. On this
 * machine that is each user of a Unix socket, and all who come by the loopback of either family.
 */
export interface PeerPrefix {
  /** `192.0.2.1/32`, `2001:db8::/64`; what is no address stands for itself, `unix:root` say. */
  readonly text: string;
  /** Whether it is this machine itself: its operators are never locked out by others. */
  readonly isLocal: boolean;
}

/** Begins the names of peers that have no address, because they come through a Unix socket. */
const unixMark = "unix:";

/** Whether a peer is this machine itself, as {@link prefixOf} has it, at the cost of a look. */
export function isLocalPeer(peer: string): boolean {
  return peer.startsWith("127.") || peer === "::1" || peer.startsWith(unixMark);
}

/** The prefix of a peer. An IPv4 peer of a dual-stack socket is an IPv4 peer. */
export function prefixOf(peer: string): PeerPrefix {
  if (peer.startsWith(unixMark)) return { text: peer, isLocal: true };
  const address = parseIp(peer.split("%", 1)[0] ?? "");
  if (!address) return { text: peer, isLocal: false };
  const own = unmapped(address);
  // Whoever is on the machine may call from any of these: they are no more than one caller.
  if (own.family === 4 && own.bytes[0] === 127) return { text: "127.0.0.0/8", isLocal: true };
  if (own.family === 4) return { text: `${own.text}/32`, isLocal: false };
  if (own.text === "::1") return { text: "::1/128", isLocal: true };
  return { text: `${ipFromBytes(masked(own.bytes)).text}/64`, isLocal: false };
}

/** RFC 4291 section 2.5.5.2: `::ffff:0:0/96` holds the IPv4 addresses. */
function unmapped(address: IpAddress): IpAddress {
  const { bytes, family } = address;
  const isMapped = family === 6 && bytes.subarray(0, 10).every((each) => each === 0) &&
    bytes[10] === 0xff && bytes[11] === 0xff;
  return isMapped ? ipFromBytes(bytes.subarray(12)) : address;
}

function masked(bytes: Uint8Array): Uint8Array {
  const prefix = new Uint8Array(16);
  prefix.set(bytes.subarray(0, 8));
  return prefix;
}
