/** What ICMP said of a connection that failed: the error queue of its socket (ip(7), IP_RECVERR). */

import { ipFromBytes } from "../ip/mod.ts";
import { addressFamilies } from "./layout.ts";
import { addressOf, libc, pointerTo } from "./libc.ts";

const SOL_IP = 0;
const SOL_IPV6 = 41;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;

/** ICMP "time exceeded" by family: where `struct sock_extended_err` says it came from, and type. */
const timeExceeded = {
  [SOL_IP]: { option: IP_RECVERR, origin: 2, type: 11 },
  [SOL_IPV6]: { option: IPV6_RECVERR, origin: 3, type: 3 },
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
 * The address of the router that let a connection's packets go no further because they had come
 * too far; undefined when it failed for another reason.
 */
export function whoLetExpire(fd: number): string | undefined {
  const message = new Uint8Array(messageBytes);
  const control = new Uint8Array(controlRoom);
  const view = new DataView(message.buffer);
  view.setBigUint64(32, addressOf(control), true);
  view.setBigUint64(40, BigInt(controlRoom), true);
  if (libc.recvmsg(fd, pointerTo(message), MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return undefined;
  return expiredAt(control.subarray(0, view.getUint32(40, true)));
}

/** What {@link whoLetExpire} says, of the control message. Pure. */
export function expiredAt(control: Uint8Array): string | undefined {
  if (control.length < headerBytes + errorBytes) return undefined;
  const view = new DataView(control.buffer, control.byteOffset, control.length);
  const level = view.getUint32(8, true);
  if (level !== SOL_IP && level !== SOL_IPV6) return undefined;
  const { option, origin, type } = timeExceeded[level];
  const error = control.subarray(headerBytes);
  if (view.getUint32(12, true) !== option || error[4] !== origin || error[5] !== type) {
    return undefined;
  }
  // The offender's struct sockaddr_in or sockaddr_in6 follows; a host of which nothing is known is 0.
  const offender = error.subarray(errorBytes);
  if (offender[0] === addressFamilies[4]) return textAt(offender, 4, 4);
  if (offender[0] === addressFamilies[6]) return textAt(offender, 8, 16);
  return "a router";
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  return bytes.length < at + length ? "a router" : ipFromBytes(bytes.slice(at, at + length)).text;
}
