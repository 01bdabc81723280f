import type { IpAddress } from "../ip/mod.ts";
import {
  EPOLLERR,
  EPOLLET,
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
import type { Engine } from "./engine.ts";
import { errnoNumber } from "./errno.ts";
import { hearErrors, whoLetExpire } from "./error_queue.ts";
import { callFailure, type Failure, outerFailure, ownFailure } from "./failure.ts";
import { handshakeAge } from "./handshake_age.ts";
import { askForStamps } from "./inbox.ts";
import { addressFamilies, encodeSocketAddress } from "./layout.ts";
import { errno, libc } from "./libc.ts";
import type { Watch, Watcher } from "./poller.ts";
import { bindFailure, connectFailure } from "./reasons.ts";

/** Where to connect, and from where. */
export interface ConnectTarget {
  readonly address: IpAddress;
  readonly port: number;
  /** Source address, of the same family. */
  readonly source: IpAddress | undefined;
  /** Namespace's name or absolute path; empty is the daemon's own. */
  readonly netns: string;
  /** It did not answer last time: such ones may not take every descriptor there is for probes. */
  readonly suspect: boolean;
}

/** Told what happens to a connection, never from within the call that caused it. */
export interface ConnectionUser {
  /** The handshake is done: it may be written to. */
  connected(): void;
  /** There is something to receive, the end included. */
  readable(): void;
  /** The handshake failed. */
  failed(failure: Failure): void;
}

/**
 * What one connection may receive from one look at the sockets to the next, so that who sends
 * without end leaves the others their turns: about 0.1 ms of copying, one inbox.
 */
const bytesPerLook = 65_536;
/** The same in receives, for who sends a byte at a time. */
const receivesPerLook = 16;

const EINPROGRESS = errnoNumber("EINPROGRESS");
const EALREADY = errnoNumber("EALREADY");
const EHOSTUNREACH = errnoNumber("EHOSTUNREACH");
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
  readonly #engine: Engine;
  readonly #user: ConnectionUser;
  readonly #suspect: boolean;
  readonly #isIpv6: boolean;
  #fd: number;
  #watch: Watch | undefined;
  #connecting = true;
  /** When the SYN went out. */
  #begunAt = 0;
  #heardAt = 0;
  #heldUpMs = 0;
  /** Which look {@link #bytes} and {@link #receives} are about. */
  #look = -1;
  #bytes = 0;
  #receives = 0;
  /** Why the last send or receive returned -1; undefined when it only has to be tried later. */
  failure: Failure | undefined;

  private constructor(engine: Engine, fd: number, target: ConnectTarget, user: ConnectionUser) {
    this.#engine = engine;
    this.#fd = fd;
    this.#user = user;
    this.#suspect = target.suspect;
    this.#isIpv6 = target.address.family === 6;
  }

  /**
   * Begins to connect; returns why it can't, or the connection. Where the peer is on this machine
   * the kernel often finishes at once: then `established` is true, and `connected` is not called.
   * Throws FatalError when the thread cannot return from the target's namespace.
   */
  static open(
    engine: Engine,
    target: ConnectTarget,
    user: ConnectionUser,
  ): Connection | Failure {
    const refusal = engine.admission.take(target.suspect);
    if (refusal !== undefined) return ownFailure(refusal);
    const fd = engine.sockets.open(
      target.netns,
      addressFamilies[target.address.family],
      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
      0,
    );
    if (typeof fd !== "number") {
      engine.admission.giveBack(target.suspect);
      return fd;
    }
    const connection = new Connection(engine, fd, target, user);
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

  /** When the kernel had what was told or received last, in the clock's milliseconds. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** The longest time in ms that the kernel had something and this program did not look. */
  get heldUpMs(): number {
    return this.#heldUpMs;
  }

  /** Sends `bytes`, `length` of them as a BigInt; returns how many went, or -1 and a failure. */
  send(bytes: Uint8Array<ArrayBuffer>, length: bigint): number {
    const sent = libc.send(this.#fd, bytes, length, MSG_NOSIGNAL);
    if (sent < 0) this.#noteFailure();
    return sent;
  }

  /**
   * Receives into the engine's inbox; returns how much, 0 at the end, or -1 and a failure. Without
   * a failure there is nothing more for now, be it that the peer has not sent it or that this
   * connection has had its share of the turn: `readable` will be called.
   */
  receive(): number {
    if (!this.#hasTurn()) return -1;
    const { inbox } = this.#engine;
    const received = inbox.receive(this.#fd);
    if (received < 0) {
      this.#noteFailure();
    } else {
      this.#bytes += received;
      this.#noteHeard(inbox.waitedMs);
    }
    return received;
  }

  /** From now on the user is told when there is something to read. Returns why it can't be. */
  watchReading(): Failure | undefined {
    askForStamps(this.#fd);
    return this.#watch ? undefined : this.#watchFor(EPOLLIN | EPOLLRDHUP);
  }

  /** Closes with RST, if that has not happened yet. */
  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    if (this.#watch) this.#engine.poller.unwatch(this.#watch);
    this.#watch = undefined;
    libc.close(this.#fd);
    this.#fd = -1;
    this.#engine.admission.giveBack(this.#suspect);
  }

  /** @internal The poller's word. */
  ready(events: number): void {
    if (this.#connecting) {
      if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) === 0) return;
      const error = this.#pendingError();
      if (error !== 0) {
        this.#noteHeard(0);
        return this.#user.failed(this.#failureOf(error));
      }
      this.#establish();
      this.#noteHeard(handshakeAge(this.#fd, this.#engine.clock.now() - this.#begunAt));
      this.#user.connected();
      if (this.#fd < 0) return;
    }
    if ((events & ~EPOLLOUT) !== 0) this.#user.readable();
  }

  #begin(target: ConnectTarget): Failure | undefined {
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_LINGER, lingerZero, 8);
    // Delays the handshake's last ACK until there is data to carry it; saves a packet per probe.
    libc.setsockopt(this.#fd, SOL_TCP, TCP_QUICKACK, zero, 4);
    const refused = target.source && this.#bind(target.source);
    if (refused) return refused;
    const length = encodeSocketAddress(scratchAddress, target.address, target.port);
    if (this.#isIpv6) hearErrors(this.#fd, true);
    this.#begunAt = this.#engine.clock.now();
    let result = libc.connect(this.#fd, scratchAddress, length);
    // A peer on this machine has answered by now, but the first call does not look again.
    if (result < 0 && errno() === EINPROGRESS) {
      result = libc.connect(this.#fd, scratchAddress, length);
    }
    const reason = result === 0 ? 0 : errno();
    this.#noteHeard(0);
    if (result === 0) return void this.#establish();
    if (reason !== EALREADY) return connectFailure(reason);
    return this.#watchFor(EPOLLIN | EPOLLOUT | EPOLLRDHUP);
  }

  #bind(source: IpAddress): Failure | undefined {
    // The port is chosen by connect, which knows the whole 4-tuple and so runs out much later.
    libc.setsockopt(this.#fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, one, 4);
    const length = encodeSocketAddress(scratchAddress, source, 0);
    if (libc.bind(this.#fd, scratchAddress, length) === 0) return undefined;
    return bindFailure(source, errno());
  }

  #watchFor(interest: number): Failure | undefined {
    const watch = this.#engine.poller.watch(this.#fd, interest | EPOLLET, this);
    if (typeof watch === "number") return callFailure(watch, "watch the socket");
    this.#watch = watch;
    return undefined;
  }

  /** Counts a receive; false when it has to wait for the next look. */
  #hasTurn(): boolean {
    const { poller } = this.#engine;
    if (this.#look !== poller.looks) {
      this.#look = poller.looks;
      this.#bytes = this.#receives = 0;
    }
    if (this.#bytes < bytesPerLook && this.#receives++ < receivesPerLook) return true;
    this.failure = undefined;
    if (this.#watch) poller.again(this.#watch);
    return false;
  }

  #establish(): void {
    this.#connecting = false;
    if (this.#isIpv6) hearErrors(this.#fd, false);
  }

  /** Why the handshake failed; a loop of routes looks like a host that is not there otherwise. */
  #failureOf(error: number): Failure {
    const router = error === EHOSTUNREACH ? whoLetExpire(this.#fd) : undefined;
    return router === undefined
      ? connectFailure(error)
      : outerFailure(`TTL exceeded on the way, says ${router}`);
  }

  #pendingError(): number {
    scratchLength[0] = 4;
    libc.getsockopt(this.#fd, SOL_SOCKET, SO_ERROR, scratchResult, scratchLength);
    return scratchResult[0] ?? 0;
  }

  /** The kernel has had something for `waitedMs`, but not since before the connection began. */
  #noteHeard(waitedMs: number): void {
    const now = this.#engine.clock.now();
    const heldUpMs = Math.min(waitedMs, now - this.#begunAt);
    this.#heardAt = now - heldUpMs;
    this.#heldUpMs = Math.max(this.#heldUpMs, heldUpMs);
  }

  #noteFailure(): void {
    const reason = errno();
    this.failure = reason === EAGAIN ? undefined : callFailure(reason);
  }
}

function int32(value: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Int32Array([value]).buffer);
}
