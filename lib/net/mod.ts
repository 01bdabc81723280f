/**
 * Sockets and shared memory by FFI on libc: what Deno's own network API cannot do.
 *
 * @module
 */

export { NetError } from "./errno.ts";
export { FileDescriptor } from "./fd.ts";
export { Mapping, mapReadOnly, mapShared, memfd } from "./mapping.ts";
export {
  acceptSeqpacket,
  connectSeqpacket,
  listenSeqpacket,
  receiveFd,
  sendFd,
} from "./seqpacket.ts";
export type { Clock, Timer } from "../time/mod.ts";
export type { WaitOptions } from "./wait.ts";
