/**
 * VPP's binary API over its Unix socket.
 *
 * @module
 */

export { abortable } from "./abortable.ts";
export { ApiClient } from "./client.ts";
export type { ClientContext, Oddities, RequestOptions } from "./client.ts";
export type { Transport } from "./transport.ts";
export { clientName, connectApi } from "./connect.ts";
export type { Connect } from "./connect.ts";
export {
  asError,
  ConnectionError,
  IncompatibleError,
  RetvalError,
  TimeoutError,
} from "./errors.ts";
export { formatRetval } from "./retval.ts";
