/**
 * The API: gRPC, gRPC-Web and Connect on one port (proto/maglev.proto).
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

export { defaultWatchLimits, startRpcServer } from "./server.ts";
export type { RpcServerOptions } from "./server.ts";
export type { EventArchive } from "./list_events.ts";
export {
  budgetList,
  connectionLimits,
  defaultMessageLimits,
  portNames,
  scrapeBudgets,
} from "./limits.ts";
export type { ConnectionLimits, MessageLimits, PortName, RequestLimits } from "./limits.ts";
export { PeerShares } from "./peer_shares.ts";
export type { Claim, GiveWay, Obstacle, SharedBudgetSpec, ShareLimits } from "./peer_shares.ts";
export { OneChunk, Outbox, type Release } from "./outbox.ts";
export { takesGzip } from "./compression.ts";
export { FailedLogins, RecentFailures } from "./failed_logins.ts";
export { Budget, Budgets, type BudgetSpec } from "./budget.ts";
export { Audit, type AuditDeps, type AuditedChange } from "./audit.ts";
export { type BrowserRules, isOurs, machineNames } from "./browsers.ts";
export { isLocalPeer, type PeerPrefix, prefixOf } from "./prefix.ts";
export { type Identify, identifyBy, onBehalfField } from "./caller.ts";
export { type ReadGate, readGate } from "./guard.ts";
export { openHttpPort } from "./http_port.ts";
export type { HttpPort, HttpPortLimits, HttpPortOptions } from "./http_port.ts";
export type { ProtocolHandlers } from "./connections.ts";
export type { PortLimits, RpcPortOptions, RpcServer } from "./port.ts";
export type { QueueLimits } from "./watch/queue.ts";
export { formatListenAddress, parseListenAddress, parseListenAddresses } from "./address.ts";
export type { ListenAddress, SocketAddress } from "./address.ts";
export { type SocketRights, usualRights } from "./unix_socket.ts";
export { rpcMethods } from "./rpc.ts";
export { clientKinds, rpcCodes } from "./types.ts";
export type {
  AuditObserver,
  ClientKind,
  ConfigCheckOutcome,
  ConfigReloadOutcome,
  ConfigService,
  ConnectionObserver,
  DaemonStatus,
  Memory,
  RpcCode,
  RpcMethod,
  RpcObserver,
  RpcSources,
  RpcType,
  VppForecast,
} from "./types.ts";
