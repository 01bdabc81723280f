/** Why sockets could not be bound or connected, in words for the operator. Pure. */

import type { IpAddress } from "../ip/mod.ts";
import { errnoNumber, errnoWords } from "./errno.ts";

const EADDRNOTAVAIL = errnoNumber("EADDRNOTAVAIL");
const EADDRINUSE = errnoNumber("EADDRINUSE");
const EACCES = errnoNumber("EACCES");
const EPERM = errnoNumber("EPERM");
const EINVAL = errnoNumber("EINVAL");

/** Why a bind to `source` failed. */
export function bindReason(source: IpAddress, reason: number): string {
  return reason === EADDRNOTAVAIL
    ? `source address ${source.text} is not on this host`
    : `bind to source address ${source.text}: ${errnoWords(reason)}`;
}

/** Why a connect or a send to an address failed. */
export function connectReason(reason: number): string {
  switch (reason) {
    case EADDRNOTAVAIL:
    case EADDRINUSE:
      return "no free source port";
    case EACCES:
      return "prohibited by a route";
    case EPERM:
      return "prohibited by a firewall";
    case EINVAL:
      return "dropped by a blackhole route";
    default:
      return errnoWords(reason);
  }
}
