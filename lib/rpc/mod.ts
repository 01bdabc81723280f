/**
 * The API: gRPC, gRPC-Web and Connect on one port (proto/maglev.proto).
 *
 * @module
 */

export { defaultWatchLimits, startRpcServer } from "./server.ts";
export type { RpcServer, RpcServerOptions } from "./server.ts";
export { defaultMessageLimits } from "./port.ts";
export type { PortLimits } from "./port.ts";
export type { MessageLimits } from "./universal.ts";
export type { QueueLimits } from "./watch/queue.ts";
export type { SpliceLimits } from "./splice.ts";
export type { TlsOptions } from "./listener.ts";
export { formatListenAddress, parseListenAddress } from "./address.ts";
export type { ListenAddress } from "./address.ts";
export { rpcMethods } from "./methods.ts";
export { rpcCodes, rpcTypes } from "./types.ts";
export type {
  ConfigCheckOutcome,
  ConfigReloadOutcome,
  ConfigService,
  RpcCode,
  RpcMethod,
  RpcObserver,
  RpcType,
} from "./types.ts";
