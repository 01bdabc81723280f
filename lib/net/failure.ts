/** Why something with a socket failed, in words for the operator, and whose fault it is. Pure. */

import type { IpAddress } from "../ip/mod.ts";
import { errnoNumber, errnoWords } from "./errno.ts";

const EADDRNOTAVAIL = errnoNumber("EADDRNOTAVAIL");
const EADDRINUSE = errnoNumber("EADDRINUSE");
const EACCES = errnoNumber("EACCES");
const EPERM = errnoNumber("EPERM");
const EINVAL = errnoNumber("EINVAL");
const ENOPROTOOPT = errnoNumber("ENOPROTOOPT");
const ECONNREFUSED = errnoNumber("ECONNREFUSED");
const EAGAIN = errnoNumber("EAGAIN");
const ENOBUFS = errnoNumber("ENOBUFS");

/** Why something could not be done. */
export interface Failure {
  /** In words for the operator. */
  readonly reason: string;
  /** It is for a lack of this host's own (descriptors, memory, buffers, source ports). */
  readonly isOwn: boolean;
}

/** What the kernel says when this host lacks something, whatever the peer does. */
const ownLacks: ReadonlySet<number> = new Set(
  ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EAGAIN", "ENOSPC"].map(errnoNumber),
);

/** A failure that neither the peer nor the operator can help. */
export function ownFailure(reason: string): Failure {
  return { reason, isOwn: true };
}

/** A failure that says something about the peer, the network or the configuration. */
export function outerFailure(reason: string): Failure {
  return { reason, isOwn: false };
}

/** The failure of a system call that set errno to `number`, after `action`, when that is given. */
export function callFailure(number: number, action = ""): Failure {
  const words = errnoWords(number);
  return {
    reason: action === "" ? words : `${action}: ${words}`,
    isOwn: ownLacks.has(number),
  };
}

/** Why socket(2) failed. */
export function openFailure(reason: number): Failure {
  switch (reason) {
    case EPERM:
      return outerFailure("CAP_NET_RAW is missing");
    case EACCES:
      return outerFailure("net.ipv4.ping_group_range allows no unprivileged ping sockets");
    default:
      return callFailure(reason, "open a socket");
  }
}

/** Why a socket cannot be waited for, which no peer has to do with. */
export function watchFailure(reason: number): Failure {
  return ownFailure(`watch the socket: ${errnoWords(reason)}`);
}

/** Why a bind to `source` failed. */
export function bindFailure(source: IpAddress, reason: number): Failure {
  return reason === EADDRNOTAVAIL
    ? outerFailure(`source address ${source.text} is not on this host`)
    : callFailure(reason, `bind to source address ${source.text}`);
}

/** Why a connect failed, if there is an address to connect from (else {@link noSource}). */
export function connectFailure(reason: number): Failure {
  return reason === EADDRNOTAVAIL || reason === EADDRINUSE
    ? ownFailure("no free source port")
    : reachFailure(reason);
}

/** The peer's own word that it takes no connection, or that of a firewall before it. */
export const refused: Failure = callFailure(ECONNREFUSED);

/** Nothing can be sent to a peer of a family of which this host has no address. */
export const noSource: Failure = outerFailure("no source address on this host to send from");

/** Why a ping could not be sent. */
export function sendFailure(reason: number): Failure {
  return reason === EAGAIN || reason === ENOBUFS
    ? ownFailure("too many packets are waiting to be sent")
    : reachFailure(reason);
}

function reachFailure(reason: number): Failure {
  switch (reason) {
    case ECONNREFUSED:
      return refused;
    case EADDRNOTAVAIL:
      return noSource;
    case EACCES:
      return outerFailure("prohibited by a route");
    case EPERM:
      return outerFailure("prohibited by a firewall");
    case EINVAL:
      return outerFailure("dropped by a blackhole route");
    // The kernel's word for ICMP's "protocol unreachable".
    case ENOPROTOOPT:
      return outerFailure("protocol is unreachable");
    default:
      return callFailure(reason);
  }
}
