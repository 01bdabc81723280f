/**
 * The API (proto/maglev.proto): what its methods show of backends, frontends and VPP, and change.
 * How a call comes here, in which protocol, and who may make it, is the business of `lib/rpc`; here
 * are the rows of that table.
 *
 * `service.ts` has them and tells what they are answered from, with `steering.ts` for what operators
 * change and `lists.ts` for what is long. `watch/` are the streams of events, `convert/` is what the
 * wire and the program have in common, and `limits.ts` what all that may cost. `server.ts` starts it.
 *
 * @example Every method that is answered has a name for metrics
 * ```ts
 * import { deepEqual } from "node:assert/strict";
 *
 * const [method] = apiMethods({ reflection: false });
 * deepEqual(method, { service: "grpc.health.v1.Health", method: "Check", type: "unary" });
 * ```
 *
 * @module
 */

export { apiMethods, type ApiServerOptions, startApiServer } from "./server.ts";
export { apiBudgets, defaultWatchLimits } from "./limits.ts";
export type { ApiSources } from "./service.ts";
export type { Memory } from "./steering.ts";
export type { EventArchive } from "./lists.ts";
export type {
  ConfigCheckOutcome,
  ConfigReloadOutcome,
  ConfigService,
  VppForecast,
} from "./convert/outcome.ts";
export type { DaemonStatus } from "./convert/status.ts";
