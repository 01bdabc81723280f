import type { IpFamily } from "../ip/mod.ts";
import type { PingFilter } from "../net/mod.ts";
import { icmpTypes } from "./icmp_packet.ts";

/** Instructions of classic BPF (linux/filter.h, Documentation/networking/filter.rst). */
const code = {
  /** A = the byte, or the two, at k */
  loadByte: 0x30,
  loadTwo: 0x28,
  /** or at X + k. */
  loadByteAtX: 0x50,
  loadTwoAtX: 0x48,
  /** X = the length of the IPv4 header at k. */
  loadHeaderLength: 0xb1,
  /** A &= k, A <<= k, A += X, X = A. */
  and: 0x54,
  shiftLeft: 0x64,
  addX: 0x0c,
  toX: 0x07,
  /** Goes on k further, */
  jump: 0x05,
  /** or, whether A is k or not, jt or jf further. */
  jumpIfEqual: 0x15,
  /** Ends: so many bytes are received. */
  take: 0x06,
} as const;

/** What is left out the kernel doesn't read: only a choice goes on jt or jf further. */
type Instruction = readonly [code: number, k?: number, jt?: number, jf?: number];

/** Bytes of an ICMP header; what an error quotes follows after it. */
const icmpHeader = 8;
const ipv6Header = 40;
/** Where an echo has its id. */
const idAt = 4;
const everything = 0xffff;

/**
 * What a raw socket is to hear of all the ICMP that comes to this host: answers to echoes that carry
 * `id`, and errors that quote one. So those of other programs, and floods of what nobody asked for,
 * take no room in its buffer. Pure.
 */
export function icmpFilter(family: IpFamily, id: number): PingFilter {
  const { reply, unreachable, exceeded } = icmpTypes[family];
  const program = [
    ...(family === 4 ? idOfIpv4() : idOfIpv6()),
    [code.jumpIfEqual, id, 0, 1],
    [code.take, everything],
    [code.take, 0],
  ] as const;
  return { types: [reply, unreachable, exceeded], program: encode(program) };
}

/** A = the id, in a packet that begins with its IP header. What is cut off ends with 0 taken. */
function idOfIpv4(): readonly Instruction[] {
  return [
    [code.loadHeaderLength, 0],
    [code.loadByteAtX, 0],
    [code.jumpIfEqual, icmpTypes[4].reply, 7, 0],
    [code.loadByteAtX, icmpHeader],
    [code.and, 0x0f],
    [code.shiftLeft, 2],
    [code.addX],
    [code.toX],
    [code.loadTwoAtX, icmpHeader + idAt],
    [code.jump, 1],
    [code.loadTwoAtX, idAt],
  ];
}

/** A = the id, in a packet that begins with its ICMP header. */
function idOfIpv6(): readonly Instruction[] {
  return [
    [code.loadByte, 0],
    [code.jumpIfEqual, icmpTypes[6].reply, 2, 0],
    [code.loadTwo, icmpHeader + ipv6Header + idAt],
    [code.jump, 1],
    [code.loadTwo, idAt],
  ];
}

/** As `struct sock_filter`. */
function encode(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(8 * program.length));
  program.forEach(([code, k = 0, jt = 0, jf = 0], i) => {
    view.setUint16(8 * i, code, true);
    view.setUint8(8 * i + 2, jt);
    view.setUint8(8 * i + 3, jf);
    view.setUint32(8 * i + 4, k, true);
  });
  return new Uint8Array(view.buffer);
}
