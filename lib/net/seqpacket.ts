/**
 * SOCK_SEQPACKET over the file system, and descriptors sent through it: how VPP hands out its
 * stats segment. Nothing here blocks.
 */

import { type Clock, sleep, systemClock } from "../time/mod.ts";
import {
  AF_UNIX,
  MSG_CMSG_CLOEXEC,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
} from "./constants.ts";
import { errno, libc, pointerTo } from "./libc.ts";
import { errnoNumber, NetError } from "./errno.ts";
import { FileDescriptor, owned } from "./fd.ts";
import { unixAddress } from "./layout.ts";
import { DescriptorMessage } from "./descriptor_message.ts";

const EAGAIN = errnoNumber("EAGAIN");
const EINTR = errnoNumber("EINTR");
const ETIMEDOUT = errnoNumber("ETIMEDOUT");
const backlog = 64;

/**
 * Connects to the listener at `path`, waiting while its backlog is full.
 * Rejects with {@link NetError}: ENOENT, ECONNREFUSED, EACCES, ETIMEDOUT and so on.
 */
export async function connectSeqpacket(
  path: string,
  options: WaitOptions = {},
): Promise<FileDescriptor> {
  const address = unixAddress(path);
  const socket = newSocket(`connect to ${path}`);
  try {
    const connected = await attemptUntil(() => {
      if (libc.connect(socket.number, pointerTo(address), address.length) === 0) return true;
      return orRetry(`connect to ${path}`);
    }, options);
    if (!connected) throw new NetError(`connect to ${path}`, ETIMEDOUT);
    return socket;
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/**
 * Waits for one message and returns the descriptor in it, closing any further ones.
 * Rejects with {@link NetError}: ETIMEDOUT, or ECONNRESET when the peer closes or sends a message
 * without a descriptor.
 */
export async function receiveFd(
  socket: FileDescriptor,
  options: WaitOptions = {},
): Promise<FileDescriptor> {
  const action = "receive a file descriptor";
  const message = new DescriptorMessage();
  const received = await attemptUntil(() => {
    const flags = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
    return libc.recvmsg(socket.number, pointerTo(message.bytes), flags) >= 0 || orRetry(action);
  }, options);
  if (!received) throw new NetError(action, ETIMEDOUT, "timed out");
  const [first, ...others] = message.descriptors();
  for (const other of others) libc.close(other);
  if (first !== undefined) return new FileDescriptor(first);
  throw new NetError(action, errnoNumber("ECONNRESET"), "the peer closed without sending one");
}

/** Listens at `path`, which must not exist yet; whoever calls removes it. Throws {@link NetError}. */
export function listenSeqpacket(path: string): FileDescriptor {
  const address = unixAddress(path);
  const socket = newSocket(`listen on ${path}`);
  const ok = libc.bind(socket.number, address, address.length) === 0 &&
    libc.listen(socket.number, backlog) === 0;
  if (ok) return socket;
  const reason = errno();
  socket[Symbol.dispose]();
  throw new NetError(`listen on ${path}`, reason);
}

/** Waits for the next client. Rejects with {@link NetError}, ETIMEDOUT, or the signal's reason. */
export async function acceptSeqpacket(
  listener: FileDescriptor,
  options: WaitOptions = {},
): Promise<FileDescriptor> {
  const client = await attemptUntil(() => {
    const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = libc.accept4(listener.number, null, null, flags);
    return fd >= 0 ? new FileDescriptor(fd) : orRetry("accept a connection");
  }, options);
  if (!client) throw new NetError("accept a connection", ETIMEDOUT, "timed out");
  return client;
}

/** Sends a duplicate of `fd` in an empty message. Throws {@link NetError}, EAGAIN when full. */
export function sendFd(socket: FileDescriptor, fd: FileDescriptor): void {
  const message = DescriptorMessage.carrying(fd.number);
  const sent = libc.sendmsg(socket.number, message.bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) throw new NetError("send a file descriptor", errno());
}

function newSocket(action: string): FileDescriptor {
  return owned(action, libc.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

/** Undefined when the last call may succeed later; throws otherwise. */
function orRetry(action: string): undefined {
  const reason = errno();
  if (reason === EAGAIN || reason === EINTR) return undefined;
  throw new NetError(action, reason);
}

/** How long something may wait, and whose clock tells. */
export interface WaitOptions {
  /** Longest wait; forever when absent. */
  readonly timeoutMs?: number;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The system's when absent. */
  readonly clock?: Clock;
}

/** Longest pause between two attempts, in milliseconds. */
const longestPauseMs = 16;

/**
 * Repeats a non-blocking `attempt` until it returns something, pausing 1 ms at first, then twice
 * as long each time up to 16 ms. For what happens seldom and is over at once, such as a handshake
 * over a Unix socket: sockets that are watched for long belong to the engine. Undefined when the
 * time is over.
 */
export async function attemptUntil<T>(
  attempt: () => T | undefined,
  options: WaitOptions,
): Promise<T | undefined> {
  const clock = options.clock ?? systemClock;
  const end = clock.now() + (options.timeoutMs ?? Infinity);
  for (let pauseMs = 1;; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    options.signal?.throwIfAborted();
    const result = attempt();
    if (result !== undefined) return result;
    const leftMs = end - clock.now();
    if (leftMs <= 0) return undefined;
    await sleep(clock, Math.min(pauseMs, leftMs), options.signal);
  }
}
