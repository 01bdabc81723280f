/** Why sockets could not be opened, bound or connected, in words for the operator. Pure. */

import type { IpAddress } from "../ip/mod.ts";
import { errnoNumber } from "./errno.ts";
import { callFailure, type Failure, outerFailure, ownFailure } from "./failure.ts";

const EADDRNOTAVAIL = errnoNumber("EADDRNOTAVAIL");
const EADDRINUSE = errnoNumber("EADDRINUSE");
const EACCES = errnoNumber("EACCES");
const EPERM = errnoNumber("EPERM");
const EINVAL = errnoNumber("EINVAL");
const EAGAIN = errnoNumber("EAGAIN");
const ENOBUFS = errnoNumber("ENOBUFS");

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

/** Why a bind to `source` failed. */
export function bindFailure(source: IpAddress, reason: number): Failure {
  return reason === EADDRNOTAVAIL
    ? outerFailure(`source address ${source.text} is not on this host`)
    : callFailure(reason, `bind to source address ${source.text}`);
}

/** Why a connect failed. */
export function connectFailure(reason: number): Failure {
  return reason === EADDRNOTAVAIL || reason === EADDRINUSE
    ? ownFailure("no free source port")
    : reachFailure(reason);
}

/** Why a ping could not be sent. */
export function sendFailure(reason: number): Failure {
  return reason === EAGAIN || reason === ENOBUFS
    ? ownFailure("too many packets are waiting to be sent")
    : reachFailure(reason);
}

function reachFailure(reason: number): Failure {
  switch (reason) {
    case EACCES:
      return outerFailure("prohibited by a route");
    case EPERM:
      return outerFailure("prohibited by a firewall");
    case EINVAL:
      return outerFailure("dropped by a blackhole route");
    default:
      return callFailure(reason);
  }
}
