/**
 * The API (proto/maglev.proto), in gRPC, gRPC-Web and Connect. From a connection to the handler of a
 * call and back it goes this way, the first three steps in `lib/port`:
 *
 * 1. `listener.ts` or `unix_socket.ts` accepts the connection, and tells whose it is.
 * 2. `connections.ts` gives it one of the places that there are, does its handshake of TLS, and
 *    serves the version of HTTP that it speaks.
 * 3. `request_slots.ts` lets in as many requests as there may be, and `browsers.ts` none that a page
 *    may not send.
 * 4. `http_adapter.ts` finds the row of its method, and reads what the request says of its call
 *    (`call_head.ts`, by the table of `protocols.ts`) and its messages (`request_messages.ts`).
 * 5. `call.ts` is around every row: it counts the call, ends what nobody waits for any more
 *    (`streams.ts`), and has `guard.ts` decide whether whoever asks may, which tells `audit.ts`.
 * 6. The row is in `service.ts`, or `steering.ts` for what operators change, with streams of events
 *    in `watch/`, and in `convert/` what the wire and the program have in common.
 * 7. What it answers is written once for all who get it (`answer.ts`), and goes out as one message
 *    or as a stream of them (`stream_body.ts`).
 *
 * `server.ts` puts all of it together; what a row is says `rpc.ts`.
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
