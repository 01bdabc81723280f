/**
 * An HTTP/2 server (RFC 9113, RFC 7541) that no peer can crash: a pure core, octets in, events and
 * octets out, and a thin binding that runs it over a connection.
 *
 * @example Octets in, events and octets out: a client says hello, the server tells its settings
 * ```ts
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * const connection = new H2Connection(0);
 * connection.receive(clientPreface, 0);
 * equal(connection.closed, false);
 * deepEqual(connection.takeEvents(), []);
 * const frameType = connection.takeOutput()[3];
 * equal(frameType, 4, "SETTINGS (RFC 9113, section 6.5)");
 * ```
 *
 * @module
 */

export type { OctetRoom } from "./types.ts";
export type { H2Field, H2Handler, H2Request, H2Response } from "./types.ts";
export { type H2End, type H2ServeOptions, type H2Session, serveH2 } from "./session.ts";
export { type ByteConn, closeConn, concatenated } from "./types.ts";
export { defaultLimits, type H2Limits, resolveLimits } from "./limits.ts";
export {
  defaultFloodBudgets,
  type FloodBudget,
  type FloodBudgets,
  type FloodKind,
} from "./flood.ts";
export { ErrorCode, H2AbortError } from "./errors.ts";
export { clientPreface } from "./preface.ts";
export { H2Connection } from "./connection.ts";
export type { H2Event } from "./core.ts";
export type { RequestHead } from "./request.ts";
