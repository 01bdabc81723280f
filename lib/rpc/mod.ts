/**
 * RPCs in gRPC, gRPC-Web and Connect, whatever they are about: the API has its rows in `lib/api`.
 * From a connection to the handler of a call and back it goes this way, the first three steps in
 * `lib/port`:
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
 * 6. The row answers: what one is says `rpc.ts`. Those of every server of gRPC are in `health.ts`
 *    and `reflection.ts`.
 * 7. What it answers is written once for all who get it (`answer.ts`), and goes out as one message
 *    or as a stream of them (`stream_body.ts`).
 *
 * `server.ts` puts all of it together.
 *
 * @example A row is a method and what answers it
 * ```ts
 * import { create } from "@bufbuild/protobuf";
 * import { deepEqual } from "node:assert/strict";
 * import { Health, HealthCheckResponseSchema } from "../gen/grpc/health/v1/health_pb.ts";
 *
 * const row = unary(Health.method.check, ({ service }) => {
 *   if (service !== "") throw notFound("service", service);
 *   return create(HealthCheckResponseSchema);
 * });
 * const { service, method } = rpcMethod(row.method);
 * deepEqual([service, method], ["grpc.health.v1.Health", "Check"]);
 * ```
 *
 * @module
 */

export { openCounting, serveRpcs, shuttingDown } from "./server.ts";
export type { RpcPortOptions, RpcServer } from "./server.ts";
export { defaultMessageLimits, type MessageLimits, rpcBudgets } from "./limits.ts";
export { loadCompression } from "./compression.ts";
export { Audit, type AuditDeps, type AuditedChange, type AuditObserver } from "./audit.ts";
export type { RpcObserver } from "./call.ts";
export type { Counting, HttpAdapterOptions } from "./http_adapter.ts";
export type { Intake, IntakeMeter } from "./intake.ts";
export { exhausted, invalid, notFound, quoted, type RpcCode, rpcCodes } from "./errors.ts";
export { change, type Rpc, rpcMethod, serverStream, unary } from "./rpc.ts";
export type { CallContext, EndListener, ReplyOf, RpcMethod, RpcType, StreamRpc } from "./rpc.ts";
export type { UnaryRpc } from "./rpc.ts";
export { Answer, type Polling, type Reply, written } from "./answer.ts";
export { AnswersByObject, SharedAnswer } from "./shared_answer.ts";
export type { SharedAnswerOptions, Version } from "./shared_answer.ts";
export { composed, listPart, type Member, messageInSlices, messagePart } from "./long_message.ts";
export { Backlog, EventQueue, type QueueLimits, type Sheddable } from "./queue.ts";
export { HealthService } from "./health.ts";
export { reflectionRpcs, reflectionServices } from "./reflection.ts";
/** What rows and their messages are made of. */
export type {
  DescField,
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageShape,
} from "@bufbuild/protobuf";
export type { Code, ConnectError } from "@connectrpc/connect";
