/**
 * The API: gRPC, gRPC-Web and Connect on one port (SPEC section 5).
 *
 * @module
 */

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
