/**
 * VPP's binary API over its Unix socket.
 *
 * @module
 */

export * from "./client.ts";
export * from "./connect.ts";
export * from "./errors.ts";
export type { Transport } from "./framing.ts";
export { abortable } from "./pending.ts";
