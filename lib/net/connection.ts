import type { IpAddress } from "../ip/mod.ts";
import type { BusyPolled } from "./busy_polls.ts";
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
} from "./constants.ts";
import type { Engine } from "./engine.ts";
import { errnoNumber } from "./errno.ts";
import { hearErrors, notedError, saidOnTheWay } from "./error_queue.ts";
import {
  callFailure,
  connectFailure,
  type Failure,
  noSource,
  outerFailure,
  ownFailure,
  watchFailure,
} from "./failure.ts";
import { handshakeAge } from "./handshake_age.ts";
import { askForStamps } from "./inbox.ts";
import { addressFamilies, encodeSocketAddress } from "./layout.ts";
import { errno, libc, pointerTo } from "./libc.ts";
import type { Watch, Watcher } from "./poller.ts";
import { TcpSocket } from "./tcp_sockets.ts";

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
  /** There is something to receive, the end included; or perhaps not. */
  readable(): void;
  /** The handshake failed, or the connection cannot be waited for. */
  failed(failure: Failure): void;
}

/** What to say first, and its length as the system call takes it. */
export interface Greeting {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly length: bigint;
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
const EADDRNOTAVAIL = errnoNumber("EADDRNOTAVAIL");
const EHOSTUNREACH = errnoNumber("EHOSTUNREACH");
const ENETUNREACH = errnoNumber("ENETUNREACH");
const EACCES = errnoNumber("EACCES");
const EAGAIN = errnoNumber("EAGAIN");

const peerAddress = new Uint8Array(28);
const peerPointer = pointerTo(peerAddress);

/** One TCP connection, of which it is the only owner. Closing it resets it. */
export class Connection implements Watcher, BusyPolled, Disposable {
  readonly #engine: Engine;
  readonly #user: ConnectionUser;
  readonly #target: ConnectTarget;
  #socket: TcpSocket;
  /** The socket's number; -1 once closed. */
  #fd: number;
  #watch: Watch | undefined;
  /** It looks for itself whether something came. */
  #isHoping = false;
  /** A handshake that failed is asked nothing more: to ask would begin another one (connect(2)). */
  #state: "connecting" | "established" | "failed" = "connecting";
  /** How much of the greeting has gone; -1 when it has to be sent yet. */
  #greeted = -1;
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

  private constructor(
    engine: Engine,
    socket: TcpSocket,
    target: ConnectTarget,
    user: ConnectionUser,
  ) {
    this.#engine = engine;
    this.#socket = socket;
    this.#fd = socket.fd;
    this.#target = target;
    this.#user = user;
  }

  /**
   * Begins to connect; returns why it can't, or the connection. Where the peer is on this machine
   * the kernel often finishes at once: then `established` is true, and `connected` is not called.
   * Of a `greeting` it is known in advance that it will be sent first ({@link greet}). Throws
   * FatalError when the thread cannot return from the target's namespace.
   */
  static open(
    engine: Engine,
    target: ConnectTarget,
    user: ConnectionUser,
    greeting: Greeting | undefined = undefined,
  ): Connection | Failure {
    const refusal = engine.admission.take(target.suspect);
    if (refusal !== undefined) return ownFailure(refusal);
    const socket = engine.tcpSockets.take(target, false);
    if (!(socket instanceof TcpSocket)) {
      engine.admission.giveBack(target.suspect);
      return socket;
    }
    const connection = new Connection(engine, socket, target, user);
    const failure = connection.#begin(greeting);
    if (failure === undefined) return connection;
    connection[Symbol.dispose]();
    return failure;
  }

  /** Whether the handshake is done. */
  get established(): boolean {
    return this.#state === "established";
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

  /** Sends the greeting, if it is not on its way already; as {@link send}. */
  greet(greeting: Greeting): number {
    return this.#greeted >= 0 ? this.#greeted : this.send(greeting.bytes, greeting.length);
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

  /** From now on the user is told when there is something to read, or that it cannot be. */
  watchReading(): void {
    if (!this.#socket.isStamped) {
      askForStamps(this.#fd);
      this.#socket.isStamped = true;
    }
    this.#busyPoll();
  }

  /** Closes with RST, if that has not happened yet. */
  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    this.#fd = -1;
    const { poller, tcpSockets, admission } = this.#engine;
    // Others may have left something behind that is not forgotten, such as what ICMP said.
    const isKept = this.established && tcpSockets.shelve(this.#socket);
    if (this.#watch) poller.unwatch(this.#watch, isKept);
    this.#watch = undefined;
    if (!isKept) libc.close(this.#socket.fd);
    admission.giveBack(this.#target.suspect);
  }

  /** @internal Called by the poller: there may be something to read. */
  ready(events: number): void {
    if (this.#state === "connecting") {
      if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) === 0) return;
      if (!this.#looksForEnd((events & EPOLLERR) !== 0)) return;
    }
    if ((events & ~EPOLLOUT) !== 0 && this.#isReadable()) this.#user.readable();
  }

  /** @internal */
  looksAgain(): boolean {
    if (this.#state === "connecting" && this.#fd >= 0) return this.#looksForEnd();
    if (this.#isReadable()) this.#user.readable();
    return !this.#isReadable();
  }

  /** @internal */
  givesUp(): void {
    this.#isHoping = false;
    if (this.#fd < 0 || this.#state === "failed") return;
    const interest = this.established ? EPOLLIN : EPOLLIN | EPOLLOUT;
    const watch = this.#engine.poller.watch(this.#fd, interest | EPOLLRDHUP | EPOLLET, this);
    if (typeof watch === "number") this.#user.failed(watchFailure(watch));
    else this.#watch = watch;
  }

  #begin(greeting: Greeting | undefined): Failure | undefined {
    const { clock, tcpSockets } = this.#engine;
    this.#begunAt = this.#heardAt = clock.now();
    let reason = this.#beginOn(this.#socket);
    if (reason !== EINPROGRESS && reason !== 0 && this.#socket.isReused) {
      // Another one says why: the source address may have gone since this one was bound to it.
      libc.close(this.#fd);
      this.#fd = -1;
      const socket = tcpSockets.take(this.#target, true);
      if (!(socket instanceof TcpSocket)) {
        this.#engine.admission.giveBack(this.#target.suspect);
        return socket;
      }
      reason = this.#beginOn(socket);
    }
    // A peer on this machine has answered by now, but the first call does not look again.
    if (reason === EINPROGRESS) reason = greeting ? this.#tryGreeting(greeting) : this.#connect();
    if (reason === 0) {
      this.#establish();
      this.#heardAt = clock.now();
      return undefined;
    }
    if (reason === EADDRNOTAVAIL && this.#lacksSource()) return noSource;
    if (reason !== EALREADY) return connectFailure(reason);
    this.#busyPoll();
    return undefined;
  }

  /** Sends the SYN; returns EINPROGRESS, 0, or why it did not go. */
  #beginOn(socket: TcpSocket): number {
    this.#socket = socket;
    this.#fd = socket.fd;
    if (this.#target.address.family === 6) hearErrors(this.#fd, true);
    return this.#connect();
  }

  /** Connects, or asks what has become of it: 0 or why not, EALREADY for not yet. */
  #connect(): number {
    const { address, port } = this.#target;
    const length = encodeSocketAddress(peerAddress, address, port);
    return libc.connect(this.#fd, peerPointer, length) === 0 ? 0 : errno();
  }

  /**
   * Whether there is no address to send from, for which the kernel has the word that it has for no
   * free port. UDP has ports of its own, so a socket of it lacks nothing else.
   */
  #lacksSource(): boolean {
    const { netns, address, port, source } = this.#target;
    if (source !== undefined) return false;
    const type = SOCK_DGRAM | SOCK_CLOEXEC;
    const fd = this.#engine.sockets.open(netns, addressFamilies[address.family], type, 0);
    if (typeof fd !== "number") return false;
    const length = encodeSocketAddress(peerAddress, address, port);
    const lacks = libc.connect(fd, peerPointer, length) !== 0 && errno() === EADDRNOTAVAIL;
    libc.close(fd);
    return lacks;
  }

  /** As {@link #connect} asks: who is not connected cannot send. Saves a system call. */
  #tryGreeting({ bytes, length }: Greeting): number {
    this.#greeted = libc.send(this.#fd, bytes, length, MSG_NOSIGNAL);
    if (this.#greeted >= 0) return 0;
    const reason = errno();
    return reason === EAGAIN ? EALREADY : reason;
  }

  /** Asks what has become of the handshake; false while it goes on. */
  #looksForEnd(hasError = false): boolean {
    let reason = this.#connect();
    // Of an error that comes while the SYN is being sent the kernel tells nothing before the next one.
    if (reason === EALREADY && hasError) reason = notedError(this.#fd) || EALREADY;
    if (reason === EALREADY) return false;
    this.#isHoping = false;
    if (reason !== 0) {
      this.#state = "failed";
      this.#noteHeard(0);
      this.#user.failed(this.#failureOf(reason));
      return true;
    }
    this.#establish();
    this.#noteHeard(handshakeAge(this.#fd, this.#engine.clock.now() - this.#begunAt));
    this.#user.connected();
    return true;
  }

  /** A user may close the connection from within any call. */
  #isReadable(): boolean {
    return this.#fd >= 0 && this.#state === "established";
  }

  /** Looks again in a moment, and has itself watched when that was too early. */
  #busyPoll(): void {
    if (this.#isHoping || this.#watch || this.#fd < 0) return;
    this.#isHoping = true;
    this.#engine.poller.busyPoll(this);
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
    this.#state = "established";
    if (this.#target.address.family === 6) hearErrors(this.#fd, false);
  }

  /** Why the handshake failed; loops and firewalls look like hosts that are not there otherwise. */
  #failureOf(error: number): Failure {
    const isTold = error === EHOSTUNREACH || error === ENETUNREACH || error === EACCES;
    const said = isTold ? saidOnTheWay(this.#fd) : undefined;
    return said === undefined ? connectFailure(error) : outerFailure(said);
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
