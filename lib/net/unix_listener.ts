import {
  AF_UNIX,
  EFD_CLOEXEC_NONBLOCK,
  SO_PEERCRED,
  SO_PEERGROUPS,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from "./constants.ts";
import { errnoNumber, NetError } from "./errno.ts";
import { wake } from "./eventfd.ts";
import { FileDescriptor, owned } from "./fd.ts";
import { errno, libc, pointerTo } from "./libc.ts";
import { unixAddress } from "./layout.ts";
import { mapPrivate } from "./mapping.ts";

const EAGAIN = errnoNumber("EAGAIN");
const EINTR = errnoNumber("EINTR");
const ERANGE = errnoNumber("ERANGE");
const ECONNREFUSED = errnoNumber("ECONNREFUSED");
const ENOENT = errnoNumber("ENOENT");

const POLLIN = 1;
/** struct pollfd (poll(2)): the descriptor, what is asked, what is answered. */
const pollBytes = 8;
/** Groups that there is room for at first; NGROUPS_MAX is 65,536. */
const usualGroups = 64;

/** Who connected to a Unix socket, as the kernel knows (SO_PEERCRED and SO_PEERGROUPS, unix(7)). */
export interface UnixPeer {
  readonly uid: number;
  /** The group that it ran with. */
  readonly gid: number;
  /** All others that it was in. */
  readonly groups: readonly number[];
}

/** A client that was accepted. Whoever gets it closes its descriptor. */
export interface UnixClient {
  readonly fd: FileDescriptor;
  readonly peer: UnixPeer;
}

/**
 * A stream socket in the file system that accepts. Waiting takes one thread of the runtime's pool,
 * whatever number of clients there are.
 */
export class UnixListener implements Disposable {
  readonly #wake = owned("make an eventfd", libc.eventfd(0, EFD_CLOEXEC_NONBLOCK));
  /** Two struct pollfd, which the kernel writes into while JavaScript goes on. */
  readonly #polled = mapPrivate(2 * pollBytes);
  #isWaiting = false;
  #isClosed = false;

  private constructor(private readonly socket: FileDescriptor) {
    for (const [i, fd] of [socket, this.#wake].entries()) {
      const view = new DataView(this.#polled.buffer, i * pollBytes);
      view.setInt32(0, fd.number, true);
      view.setInt16(4, POLLIN, true);
    }
  }

  /**
   * Makes the socket at `path`, which must not exist yet, and listens once `prepare` has returned:
   * nobody can connect before. Whoever calls removes the file. Throws {@link NetError}, and what
   * `prepare` throws.
   */
  static open(path: string, queueLength: number, prepare: () => void): UnixListener {
    const address = unixAddress(path);
    const action = `listen on ${path}`;
    const socket = newSocket(action);
    try {
      if (libc.bind(socket.number, address, address.length) !== 0) {
        throw new NetError(action, errno());
      }
      prepare();
      if (libc.listen(socket.number, queueLength) !== 0) throw new NetError(action, errno());
      return new UnixListener(socket);
    } catch (error) {
      socket[Symbol.dispose]();
      throw error;
    }
  }

  /**
   * Waits for the next client. Rejects with {@link NetError} when one cannot be had, and with
   * BadResource once it is closed.
   */
  async accept(): Promise<UnixClient> {
    while (!this.#isClosed) {
      const fd = libc.accept4(this.socket.number, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) return welcome(new FileDescriptor(fd));
      const reason = errno();
      if (reason === EAGAIN) await this.#readable();
      else if (reason !== EINTR) throw new NetError("accept a connection", reason);
    }
    throw new Deno.errors.BadResource("the socket is closed");
  }

  /** Stops listening; who waits is woken. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#isWaiting) wake(this.#wake.number);
    else this.#release();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #readable(): Promise<void> {
    this.#isWaiting = true;
    await libc.poll_sleeping(new Uint8Array(this.#polled.buffer), 2n, -1);
    this.#isWaiting = false;
    // Only now: a descriptor that somebody sleeps on may not become another's.
    if (this.#isClosed) this.#release();
  }

  #release(): void {
    this.socket[Symbol.dispose]();
    this.#wake[Symbol.dispose]();
    this.#polled[Symbol.dispose]();
  }
}

/** Whether somebody accepts connections at `path`. Throws {@link NetError} when that stays unknown. */
export function isListening(path: string): boolean {
  const address = unixAddress(path);
  using socket = newSocket(`connect to ${path}`);
  if (libc.connect(socket.number, pointerTo(address), address.length) === 0) return true;
  const reason = errno();
  if (reason === ECONNREFUSED || reason === ENOENT) return false;
  // Its queue is full.
  if (reason === EAGAIN) return true;
  throw new NetError(`connect to ${path}`, reason);
}

function welcome(fd: FileDescriptor): UnixClient {
  try {
    const credentials = new Int32Array(3);
    const length = new Uint32Array([credentials.byteLength]);
    read(fd, SO_PEERCRED, credentials, length);
    const [, uid = -1, gid = -1] = credentials;
    return { fd, peer: { uid: uid >>> 0, gid: gid >>> 0, groups: groupsOf(fd) } };
  } catch (error) {
    fd[Symbol.dispose]();
    throw error;
  }
}

function groupsOf(fd: FileDescriptor): readonly number[] {
  const length = new Uint32Array([4 * usualGroups]);
  let groups = new Int32Array(usualGroups);
  if (!tryRead(fd, SO_PEERGROUPS, groups, length)) {
    // It has said how much room they need.
    groups = new Int32Array((length[0] ?? 0) / 4);
    read(fd, SO_PEERGROUPS, groups, length);
  }
  return Array.from(groups.subarray(0, (length[0] ?? 0) / 4), (each) => each >>> 0);
}

/** getsockopt(2). False when there is not enough room; throws {@link NetError}. */
function tryRead(
  fd: FileDescriptor,
  option: number,
  into: Int32Array<ArrayBuffer>,
  length: Uint32Array<ArrayBuffer>,
): boolean {
  const room = new Uint8Array(into.buffer);
  const size = new Uint8Array(length.buffer);
  if (libc.getsockopt(fd.number, SOL_SOCKET, option, room, size) === 0) return true;
  const reason = errno();
  if (reason === ERANGE) return false;
  throw new NetError("ask who has connected", reason);
}

function read(
  fd: FileDescriptor,
  option: number,
  into: Int32Array<ArrayBuffer>,
  length: Uint32Array<ArrayBuffer>,
): void {
  if (!tryRead(fd, option, into, length)) throw new NetError("ask who has connected", ERANGE);
}

function newSocket(action: string): FileDescriptor {
  return owned(action, libc.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}
