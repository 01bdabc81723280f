/**
 * A port as its clients have it: HTTP/1.1 and HTTP/2 on one socket, and how much each client may
 * take of it. `http_port.ts` opens one; `lib/rpc/mod.ts` tells the way of a connection through it.
 * Who may have how many connections, handshakes and requests is counted in `peer_shares.ts`, of
 * the budgets in `limits.ts`; `caller.ts` makes out who asks.
 *
 * @example What peers may use is given out and given back
 * ```ts
 * import { deepEqual, equal } from "node:assert/strict";
 *
 * const budget = new Budget({ name: "streams", unit: "streams", limit: 2, reason: "An example." });
 * deepEqual([budget.take(), budget.take(), budget.take()], [true, true, false]);
 * budget.give();
 * deepEqual([budget.used, budget.refused], [1, 1]);
 * equal(budget.take(), true);
 * ```
 *
 * @module
 */

export { openHttpPort } from "./http_port.ts";
export type { HttpPort, HttpPortLimits, HttpPortOptions } from "./http_port.ts";
export { formatListenAddress, parseListenAddress, parseListenAddresses } from "./address.ts";
export type { ListenAddress, SocketAddress } from "./address.ts";
export type { SocketRights } from "./unix_socket.ts";
export { type ClientKind, clientKinds } from "./connections.ts";
export type { ConnectionObserver, ProtocolHandlers } from "./connections.ts";
export { bodyless, portBudgets, portNames } from "./limits.ts";
export type { ConnectionLimits, PortName, RequestLimits } from "./limits.ts";
export { Budget, Budgets, type BudgetSpec } from "./budget.ts";
export { PeerShares } from "./peer_shares.ts";
export type { Claim, GiveWay, Obstacle, SharedBudgetSpec, ShareLimits } from "./peer_shares.ts";
export { isLocalPeer, type PeerPrefix, prefixOf } from "./prefix.ts";
export { OneChunk, Outbox, type Release, wholeAnswer } from "./outbox.ts";
export { type Identify, identifyBy, onBehalfField, type ReadGate, readGate } from "./caller.ts";
export { FailedLogins, RecentFailures } from "./failed_logins.ts";
export { type BrowserRules, guardedFromPages, isOurs, machineNames } from "./browsers.ts";
export { strictRules } from "./browsers.ts";
export { contentTypeOf, isWebText, protocolOf, takesGzip, webTextType } from "./request_fields.ts";
export type { Protocol } from "./request_fields.ts";
export { http2Needed, refuse, shortened, unknownPath } from "./refusals.ts";
export { unknownType, wrongMethod } from "./refusals.ts";
export type { Refusal } from "./refusals.ts";
