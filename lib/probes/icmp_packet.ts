import type { IpFamily } from "../ip/mod.ts";

/** Bytes of an echo: the header and a token. */
export const echoBytes = 16;

/** What an echo carries to be known by. All are unsigned, the words 32 bits wide. */
export interface Echo {
  readonly id: number;
  readonly sequence: number;
  /** Random, so that nobody answers who has not seen the request. */
  readonly token: readonly [number, number];
}

/** An ICMP message that answers an echo, or says that it went nowhere. */
export type IcmpAnswer =
  | ({ readonly kind: "reply" } & Echo)
  | {
    readonly kind: "unreachable";
    readonly id: number;
    readonly sequence: number;
    /** Where the echo was sent, in bytes of the packet that was read. */
    readonly destination: Uint8Array;
    /** The echo's, if so much of it is quoted: some routers quote 8 bytes, as RFC 792 has it. */
    readonly token: readonly [number, number] | undefined;
    readonly reason: string;
  };

/** Message types of RFC 792 and RFC 4443. */
export const icmpTypes = {
  4: { request: 8, reply: 0, unreachable: 3, exceeded: 11 },
  6: { request: 128, reply: 129, unreachable: 1, exceeded: 3 },
} as const;

/** Codes of "destination unreachable" that say more than that (RFC 792, 1812; RFC 4443). */
const reasons: Readonly<Record<IpFamily, ReadonlyMap<number, string>>> = {
  4: new Map([
    [0, "network is unreachable"],
    [1, "no route to host"],
    [2, "protocol is unreachable"],
    [9, "prohibited by a router"],
    [10, "prohibited by a router"],
    [13, "prohibited by a router"],
  ]),
  6: new Map([
    [0, "no route to host"],
    [1, "prohibited by a router"],
    [3, "address is unreachable"],
    [5, "source address refused by a router"],
    [6, "route rejected by a router"],
  ]),
};

/** Codes of "time exceeded". */
const exceededReasons: readonly string[] = [
  "TTL exceeded on the way, perhaps in a routing loop",
  "a fragment was lost on the way",
];

const ipv6HeaderBytes = 40;
const errorHeaderBytes = 8;

/** Writes an echo request (RFC 792, RFC 4443 section 4.1) to the start of `into`. Pure. */
export function encodeEcho(into: Uint8Array, family: IpFamily, echo: Echo): void {
  putUint16(into, 0, icmpTypes[family].request << 8);
  putUint16(into, 2, 0);
  putUint16(into, 4, echo.id);
  putUint16(into, 6, echo.sequence);
  const [high, low] = echo.token;
  putUint16(into, 8, high >>> 16);
  putUint16(into, 10, high);
  putUint16(into, 12, low >>> 16);
  putUint16(into, 14, low);
  // The kernel computes the checksum of ICMPv6, which covers addresses too.
  if (family === 4) putUint16(into, 2, checksum(into));
}

/**
 * Reads what an ICMP socket received: with the IP header in front (raw IPv4 sockets) or without.
 * Undefined for anything that is no answer to an echo. Pure.
 */
export function parseAnswer(
  bytes: Uint8Array,
  length: number,
  family: IpFamily,
  hasIpHeader: boolean,
): IcmpAnswer | undefined {
  const at = hasIpHeader ? ((bytes[0] ?? 0) & 0x0f) * 4 : 0;
  const types = icmpTypes[family];
  switch (bytes[at]) {
    case types.reply:
      return length < at + echoBytes ? undefined : parseReply(bytes, at);
    case types.unreachable:
    case types.exceeded:
      return parseError(bytes, at, length, family);
    default:
      return undefined;
  }
}

function parseReply(bytes: Uint8Array, at: number): IcmpAnswer {
  return {
    kind: "reply",
    id: uint16(bytes, at + 4),
    sequence: uint16(bytes, at + 6),
    token: tokenAt(bytes, at),
  };
}

function tokenAt(bytes: Uint8Array, echo: number): readonly [number, number] {
  return [uint32(bytes, echo + 8), uint32(bytes, echo + 12)];
}

/** An error quotes the packet it is about: its IP header and the beginning of the echo. */
function parseError(
  bytes: Uint8Array,
  at: number,
  length: number,
  family: IpFamily,
): IcmpAnswer | undefined {
  const quoted = at + errorHeaderBytes;
  const headerBytes = family === 4 ? ((bytes[quoted] ?? 0) & 0x0f) * 4 : ipv6HeaderBytes;
  const echo = quoted + headerBytes;
  if (length < echo + errorHeaderBytes || bytes[echo] !== icmpTypes[family].request) {
    return undefined;
  }
  const destination = family === 4
    ? bytes.subarray(quoted + 16, quoted + 20)
    : bytes.subarray(quoted + 24, quoted + 40);
  return {
    kind: "unreachable",
    id: uint16(bytes, echo + 4),
    sequence: uint16(bytes, echo + 6),
    destination,
    token: length < echo + echoBytes ? undefined : tokenAt(bytes, echo),
    reason: unreachableReason(family, bytes[at] ?? 0, bytes[at + 1] ?? 0),
  };
}

function unreachableReason(family: IpFamily, type: number, code: number): string {
  return type === icmpTypes[family].exceeded
    ? exceededReasons[code] ?? "time exceeded on the way"
    : reasons[family].get(code) ?? "destination is unreachable";
}

/** RFC 1071 over an echo. */
function checksum(echo: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < echoBytes; at += 2) sum += uint16(echo, at);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~(sum + (sum >>> 16)) & 0xffff;
}

function putUint16(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 8;
  into[at + 1] = value;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
}

function uint32(bytes: Uint8Array, at: number): number {
  return (uint16(bytes, at) << 16 | uint16(bytes, at + 2)) >>> 0;
}
