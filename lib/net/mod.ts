/**
 * Sockets and shared memory by FFI on libc: what Deno's own network API cannot do.
 *
 * @example Memory that two processes share
 * ```ts
 * import { equal } from "node:assert/strict";
 *
 * using file = memfd("example", 4096);
 * using one = mapShared(file, 4096);
 * using other = mapReadOnly(file);
 * new Uint8Array(one.buffer)[7] = 42;
 * equal(new Uint8Array(other.buffer)[7], 42);
 * ```
 *
 * @module
 */

export {
  descriptorLimit,
  type DescriptorShares,
  descriptorShares,
  newAdmissionCounts,
} from "./descriptors.ts";
export { errnoWords, NetError } from "./errno.ts";
export { type Failure, ownFailure, refused } from "./failure.ts";
export { FileDescriptor } from "./fd.ts";
export { sendUnixDatagram } from "./datagram.ts";
export { isWhole, Mapping, mapReadOnly, mapShared, memfd } from "./mapping.ts";
export {
  acceptSeqpacket,
  connectSeqpacket,
  listenSeqpacket,
  receiveFd,
  sendFd,
  type WaitOptions,
} from "./seqpacket.ts";
export { isListening, type UnixClient, UnixListener, type UnixPeer } from "./unix_listener.ts";
export type { Clock, Timer } from "../time/mod.ts";
export {
  Connection,
  type ConnectionUser,
  type ConnectTarget,
  type Greeting,
} from "./connection.ts";
export { type Deadline } from "./deadlines.ts";
export { wake } from "./eventfd.ts";
export { guarded } from "./guarded.ts";
export { OwnLoop } from "./loop.ts";
export { Engine, type EngineOptions } from "./engine.ts";
export { type KernelAge } from "./inbox.ts";
export { giveBackMemory, lookForGarbage } from "./memory.ts";
export { type NetnsIdentity, NetnsSockets } from "./netns.ts";
export {
  countDescriptors,
  processArguments,
  readKernelFile,
  refuseDebugger,
  replaceProcess,
  setThreadNice,
  signalProcess,
} from "./process.ts";
export { type PingFilter, type PingOrigin, PingSocket } from "./ping_socket.ts";
export type { BusyPolled } from "./busy_polls.ts";
export type { Watcher } from "./poller.ts";
export { beatMs } from "./standstill.ts";
