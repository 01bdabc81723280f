import type { IpAddress } from "../ip/mod.ts";
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  IP_BIND_ADDRESS_NO_PORT,
  MSG_NOSIGNAL,
  SO_ERROR,
  SO_LINGER,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_IP,
  SOL_SOCKET,
  SOL_TCP,
  TCP_QUICKACK,
} from "./constants.ts";
import { errnoNumber, errnoWords } from "./errno.ts";
import { addressFamilies, encodeSocketAddress } from "./layout.ts";
import { errno, libc } from "./libc.ts";
import type { NetnsSockets } from "./netns.ts";
import type { Poller, Watch, Watcher } from "./poller.ts";
import { bindReason, connectReason } from "./reasons.ts";

/** Where to connect, and from where. */
export interface ConnectTarget {
  readonly address: IpAddress;
  readonly port: number;
  /** Source address, of the same family. */
  readonly source: IpAddress | undefined;
  /** Namespace's name or absolute path; empty is the daemon's own. */
  readonly netns: string;
}

/** Told what happens to a connection, never from within the call that caused it. */
export interface ConnectionUser {
  /** The handshake is done: it may be written to. */
  connected(): void;
  /** There is something to receive, the end included. */
  readable(): void;
  /** The handshake failed, for `reason`. */
  failed(reason: string): void;
}

const EINPROGRESS = errnoNumber("EINPROGRESS");
const EALREADY = errnoNumber("EALREADY");
const EAGAIN = errnoNumber("EAGAIN");

const one = int32(1);
const zero = int32(0);
/** struct linger {1, 0}: closing sends RST and leaves no TIME_WAIT (socket(7)). */
const lingerZero = new Uint8Array([...int32(1), ...int32(0)]);
const scratchAddress = new Uint8Array(28);
const scratchResult = new Int32Array(1);
const scratchLength = new Uint32Array(1);

/** The only owner of one non-blocking TCP socket. Closing it resets the connection. */
export class Connection implements Watcher, Disposable {
  readonly #poller: Poller;
  readonly #user: ConnectionUser;
  #fd: number;
  #watch: Watch | undefined;
  #connecting = true;
  /** Why the last send or receive returned -1; empty when it only has to be tried later. */
  failure = "";

  private constructor(poller: Poller, fd: number, user: ConnectionUser) {
    this.#poller = poller;
    this.#fd = fd;
    this.#user = user;
  }

  /**
   * Begins to connect; returns why it can't, or the connection. Where the peer is on this machine
   * the kernel often finishes at once: then `established` is true, and `connected` is not called.
   */
  static open(
    poller: Poller,
    sockets: NetnsSockets,
    target: ConnectTarget,
    user: ConnectionUser,
  ): Connection | string {
    const fd = sockets.open(
      target.netns,
      addressFamilies[target.address.family],
      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
      0,
    );
    if (typeof fd === "string") return fd;
    const connection = new Connection(poller, fd, user);
    const failure = connection.#begin(target);
    if (failure === undefined) return connection;
    connection[Symbol.dispose]();
    return failure;
  }

  /** Whether the handshake is done. */
  get established(): boolean {
    return !this.#connecting;
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#fd < 0;
  }

  /** Sends `bytes`, `length` of them as a BigInt; returns how many went, or -1 and a failure. */
  send(bytes: Uint8Array<ArrayBuffer>, length: bigint): number {
    const sent = libc.send(this.#fd, bytes, length, MSG_NOSIGNAL);
    if (sent < 0) this.#noteFailure();
    return sent;
  }

  /** Receives into `buffer`; returns how many bytes came, 0 at the end, or -1 and a failure. */
  receive(buffer: Uint8Array<ArrayBuffer>, room: bigint): number {
    const received = libc.recv(this.#fd, buffer, room, 0);
    if (received < 0) this.#noteFailure();
    return received;
  }

  /** From now on the user is told when there is something to read. Returns why it can't be. */
  watchReading(): string | undefined {
    return this.#watch ? undefined : this.#watchFor(EPOLLIN | EPOLLRDHUP);
  }

  /** Closes with RST, if that has not happened yet. */
  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    if (this.#watch) this.#poller.unwatch(this.#watch);
    this.#watch = undefined;
    libc.close(this.#fd);
    this.#fd = -1;
  }

  /** @internal The poller's word. */
  ready(events: number): void {
    if (this.#connecting) {
      if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) === 0) return;
      const error = this.#pendingError();
      if (error !== 0) return this.#user.failed(connectReason(error));
      this.#connecting = false;
      this.#user.connected();
      if (this.#fd < 0) return;
    }
    if ((events & ~EPOLLOUT) !== 0) this.#user.readable();
  }

  #begin(target: ConnectTarget): string | undefined {
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_LINGER, lingerZero, 8);
    // Delays the handshake's last ACK until there is data to carry it; saves a packet per probe.
    libc.setsockopt(this.#fd, SOL_TCP, TCP_QUICKACK, zero, 4);
    const refused = target.source && this.#bind(target.source);
    if (refused) return refused;
    const length = encodeSocketAddress(scratchAddress, target.address, target.port);
    let result = libc.connect(this.#fd, scratchAddress, length);
    // A peer on this machine has answered by now, but the first call does not look again.
    if (result < 0 && errno() === EINPROGRESS) {
      result = libc.connect(this.#fd, scratchAddress, length);
    }
    if (result === 0) {
      this.#connecting = false;
      return undefined;
    }
    const reason = errno();
    if (reason !== EALREADY) return connectReason(reason);
    return this.#watchFor(EPOLLIN | EPOLLOUT | EPOLLRDHUP);
  }

  #bind(source: IpAddress): string | undefined {
    // The port is chosen by connect, which knows the whole 4-tuple and so runs out much later.
    libc.setsockopt(this.#fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, one, 4);
    const length = encodeSocketAddress(scratchAddress, source, 0);
    if (libc.bind(this.#fd, scratchAddress, length) === 0) return undefined;
    return bindReason(source, errno());
  }

  #watchFor(interest: number): string | undefined {
    const watch = this.#poller.watch(this.#fd, interest, this);
    if (typeof watch === "number") return `watch the socket: ${errnoWords(watch)}`;
    this.#watch = watch;
    return undefined;
  }

  #pendingError(): number {
    scratchLength[0] = 4;
    libc.getsockopt(this.#fd, SOL_SOCKET, SO_ERROR, scratchResult, scratchLength);
    return scratchResult[0] ?? 0;
  }

  #noteFailure(): void {
    const reason = errno();
    this.failure = reason === EAGAIN ? "" : errnoWords(reason);
  }
}

function int32(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Int32Array([value]).buffer);
}
