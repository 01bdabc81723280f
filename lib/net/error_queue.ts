/** What ICMP said of a connection that failed: the error queue of its socket (ip(7), IP_RECVERR). */

import { ipFromBytes } from "../ip/mod.ts";
import { MSG_DONTWAIT, SO_ERROR, SOL_IP, SOL_SOCKET } from "./constants.ts";
import { addressFamilies } from "./layout.ts";
import { addressOf, libc, pointerTo } from "./libc.ts";

const SOL_IPV6 = 41;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const MSG_ERRQUEUE = 0x2000;

/**
 * What the kernel's number of an error does not tell, by level: where `struct sock_extended_err` says
 * that it came from, the type of "time exceeded", and the type of "destination unreachable" with the
 * codes of those who forbid (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1).
 */
const told = {
  [SOL_IP]: { option: IP_RECVERR, origin: 2, exceeded: 11, unreachable: 3, forbid: [9, 10, 13] },
  [SOL_IPV6]: { option: IPV6_RECVERR, origin: 3, exceeded: 3, unreachable: 1, forbid: [1, 5, 6] },
} as const;

/** struct cmsghdr (cmsg(3)) and struct sock_extended_err, 64-bit. */
const headerBytes = 16;
const errorBytes = 16;
/** struct msghdr (recvmsg(2)), with room for one control message and no data. */
const messageBytes = 56;
const controlRoom = 128;

const on = new Uint8Array(new Int32Array([1]).buffer);
const off = new Uint8Array(4);

/**
 * Whether a connecting IPv6 socket fails at once when ICMP says that it will come to nothing, and
 * keeps what was said. An IPv4 socket always does; once established, none should.
 */
export function hearErrors(fd: number, isOn: boolean): void {
  libc.setsockopt(fd, SOL_IPV6, IPV6_RECVERR, isOn ? on : off, 4);
}

/**
 * What ICMP said by a SYN while a call for this socket was under way, which the kernel notes and
 * would act on when it sends the next one, a second later: an error number, 0 for none. Forgets it.
 */
export function notedError(fd: number): number {
  const value = new Int32Array(1);
  const length = new Uint8Array(Uint32Array.of(4).buffer);
  libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, new Uint8Array(value.buffer), length);
  return value[0] ?? 0;
}

/**
 * Why a connection failed, with who says so, if that was said on the way and is more than its error
 * number: its packets had come too far, or were forbidden to go on.
 */
export function saidOnTheWay(fd: number): string | undefined {
  const message = new Uint8Array(messageBytes);
  const control = new Uint8Array(controlRoom);
  const view = new DataView(message.buffer);
  view.setBigUint64(32, addressOf(control), true);
  view.setBigUint64(40, BigInt(controlRoom), true);
  if (libc.recvmsg(fd, pointerTo(message), MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return undefined;
  return saidIn(control.subarray(0, view.getUint32(40, true)));
}

/** What {@link saidOnTheWay} says, of the control message. Pure. */
export function saidIn(control: Uint8Array): string | undefined {
  if (control.length < headerBytes + errorBytes) return undefined;
  const view = new DataView(control.buffer, control.byteOffset, control.length);
  const level = view.getUint32(8, true);
  if (level !== SOL_IP && level !== SOL_IPV6) return undefined;
  const { option, origin, exceeded, unreachable, forbid } = told[level];
  const error = control.subarray(headerBytes);
  const [type, code] = [error[5], error[6]];
  if (view.getUint32(12, true) !== option || error[4] !== origin) return undefined;
  const isForbidden = type === unreachable && forbid.some((each) => each === code);
  const offender = offenderOf(error.subarray(errorBytes));
  if (isForbidden) return `prohibited on the way, says ${offender}`;
  return type === exceeded ? `TTL exceeded on the way, says ${offender}` : undefined;
}

/** Of the struct sockaddr_in or sockaddr_in6 that follows; a host of which nothing is known is 0. */
function offenderOf(offender: Uint8Array): string {
  if (offender[0] === addressFamilies[4]) return textAt(offender, 4, 4);
  if (offender[0] === addressFamilies[6]) return textAt(offender, 8, 16);
  return "a router";
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return bytes.length < at + length ? "a router" : ipFromBytes(bytes.slice(at, at + length)).text;
}
