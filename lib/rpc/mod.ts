/**
 * The API (proto/maglev.proto), in gRPC, gRPC-Web and Connect. A request that `lib/port/mod.ts` has
 * let in goes this way:
 *
 * 1. `http_adapter.ts` finds the row of its method (`rpc.ts`), and reads what it says of its call
 *    (`call_head.ts`, by the table of `protocols.ts`) and its messages (`request_messages.ts`).
 * 2. `call.ts` is around every row: it counts the call, has `guard.ts` decide whether whoever asks
 *    may, which tells `audit.ts` of it, and ends what nobody waits for any more (`streams.ts`).
 * 3. The rows are in `service.ts`, with those by which operators steer in `steering.ts`, streams of
 *    events in `watch/`, and in `convert/` what wire and domain have in common.
 * 4. What a row answers is written once for all who get it (`answer.ts`), and goes out as one
 *    message or as a stream of them (`stream_body.ts`).
 *
 * `server.ts` puts all of it together.
 *
 * @example Every method that is answered has a name for metrics
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 *
 * const [method] = rpcMethods({ reflection: false });
 * deepEqual(method, { service: "grpc.health.v1.Health", method: "Check", type: "unary" });
 * ```
 *
 * @module
 */

export { defaultWatchLimits, startRpcServer } from "./server.ts";
export type { RpcPortOptions, RpcServer, RpcServerOptions } from "./server.ts";
export { defaultMessageLimits, type MessageLimits, rpcBudgets } from "./limits.ts";
export { Audit, type AuditDeps, type AuditedChange, type AuditObserver } from "./audit.ts";
export type { QueueLimits } from "./watch/queue.ts";
export type { RpcObserver } from "./call.ts";
export { type RpcCode, rpcCodes } from "./errors.ts";
export { type RpcMethod, rpcMethods, type RpcType } from "./rpc.ts";
export type {
  ConfigCheckOutcome,
  ConfigReloadOutcome,
  ConfigService,
  DaemonStatus,
  EventArchive,
  Memory,
  RpcSources,
  VppForecast,
} from "./sources.ts";
