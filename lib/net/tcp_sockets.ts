import type { IpAddress, IpFamily } from "../ip/mod.ts";
import {
  IP_BIND_ADDRESS_NO_PORT,
  SO_LINGER,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_IP,
  SOL_SOCKET,
  SOL_TCP,
  TCP_DEFER_ACCEPT,
} from "./constants.ts";
import type { Admission } from "./descriptors.ts";
import { bindFailure, type Failure } from "./failure.ts";
import { addressFamilies, encodeSocketAddress } from "./layout.ts";
import { errno, libc, pointerTo } from "./libc.ts";
import { type NetnsIdentity, type NetnsSockets, sameNetns } from "./netns.ts";

/** How often it is seen to how many idle sockets were of any use, in milliseconds. */
const trimMs = 10_000;

const one = new Uint8Array(Int32Array.of(1).buffer);
/** struct linger {1, 0}: closing sends RST and leaves no TIME_WAIT (socket(7)). */
const lingerZero = new Uint8Array(Int32Array.of(1, 0).buffer);
/** A struct sockaddr of AF_UNSPEC: connecting to it resets and forgets the connection (connect(2)). */
const nowhere = new Uint8Array(16);
const nowherePointer = pointerTo(nowhere);
const sourceAddress = new Uint8Array(28);

/** Where sockets are made, and with what source: those of one origin stand in for each other. */
export interface TcpOrigin {
  /** Of the peer; its family counts. */
  readonly address: { readonly family: IpFamily };
  /** Namespace's name or absolute path; empty is the daemon's own. */
  readonly netns: string;
  readonly source: IpAddress | undefined;
}

/** The idle sockets of one origin, the one that was used last at the end. */
class Shelf {
  readonly idle: TcpSocket[] = [];
  /** The fewest that were idle at a time since it was last trimmed: they were of no use. */
  fewest = 0;
  /** Which namespace the idle ones are in; undefined for the daemon's own. */
  identity: NetnsIdentity | undefined;
  /** Nobody finds it any more. */
  isGone = false;

  constructor(readonly origin: TcpOrigin) {}
}

/** A non-blocking TCP socket that was not connected, or is not any more. */
export class TcpSocket {
  /** It was connected before. */
  isReused = false;
  /** What it receives is stamped ({@link askForStamps}). */
  isStamped = false;

  /** @internal */
  constructor(
    readonly fd: number,
    readonly shelf: Shelf,
    readonly identity: NetnsIdentity | undefined,
  ) {}
}

/**
 * Makes TCP sockets, and keeps some that are not needed any more: to reset a connection by
 * `connect(AF_UNSPEC)` is the same to the peer as to close its socket (tcp_disconnect), and leaves a
 * socket with its options and its source address, which costs a third of a new one to connect.
 */
export class TcpSockets implements Disposable {
  readonly #sockets: NetnsSockets;
  readonly #admission: Admission;
  readonly #most: number;
  readonly #now: () => number;
  readonly #shelves = new Map<string, Shelf>();
  /** Those of the daemon's own namespace, without a source. */
  readonly #plain = { 4: plainShelf(4), 6: plainShelf(6) } as const;
  #idle = 0;
  #trimmedAt: number;
  #isClosed = false;

  /** Keeps `most` idle sockets at most; what `admission` has places for comes before them. */
  constructor(sockets: NetnsSockets, admission: Admission, most: number, now: () => number) {
    this.#sockets = sockets;
    this.#admission = admission;
    this.#most = most;
    this.#now = now;
    this.#trimmedAt = now();
  }

  /** Idle sockets. */
  get idle(): number {
    return this.#idle;
  }

  /**
   * A socket bound to the origin's source, an idle one unless it has to be `fresh`; or why there is
   * none. Throws FatalError when the thread cannot return from the origin's namespace.
   */
  take(origin: TcpOrigin, fresh: boolean): TcpSocket | Failure {
    const shelf = this.#shelfOf(origin);
    if (origin.netns !== "") this.#compare(shelf);
    const known = fresh ? undefined : shelf.idle.pop();
    shelf.fewest = Math.min(shelf.fewest, shelf.idle.length);
    if (!known) return this.#make(origin, shelf);
    this.#idle--;
    known.isReused = true;
    return known;
  }

  /** Resets the connection and keeps its socket; false when that is not to be kept but closed. */
  shelve(socket: TcpSocket): boolean {
    const { shelf, fd } = socket;
    const isWelcome = this.#idle < this.#most && !this.#isClosed && !shelf.isGone &&
      socket.identity === shelf.identity;
    if (!isWelcome || libc.connect(fd, nowherePointer, nowhere.length) !== 0) return false;
    shelf.idle.push(socket);
    this.#idle++;
    return true;
  }

  /** To be called now and then: closes what is of no use. */
  tend(): void {
    for (const shelf of this.#shelves.values()) {
      if (shelf.origin.netns !== "") this.#compare(shelf);
      if (this.#hasLostSource(shelf)) this.#closeFirst(shelf, shelf.idle.length);
    }
    const now = this.#now();
    if (now - this.#trimmedAt < trimMs) return;
    this.#trimmedAt = now;
    for (const shelf of [this.#plain[4], this.#plain[6]]) this.#trim(shelf);
    for (const [key, shelf] of this.#shelves) {
      this.#trim(shelf);
      if (shelf.idle.length > 0) continue;
      shelf.isGone = true;
      this.#shelves.delete(key);
    }
  }

  /** Closes all idle sockets, and keeps none from now on. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const shelf of this.#all()) this.#closeFirst(shelf, shelf.idle.length);
  }

  *#all(): Generator<Shelf> {
    yield this.#plain[4];
    yield this.#plain[6];
    yield* this.#shelves.values();
  }

  #shelfOf(origin: TcpOrigin): Shelf {
    const { netns, address: { family }, source } = origin;
    if (netns === "" && source === undefined) return this.#plain[family];
    const key = `${family} ${source?.text ?? "any"} ${netns}`;
    const known = this.#shelves.get(key);
    if (known) return known;
    const shelf = new Shelf({ address: { family }, netns, source });
    this.#shelves.set(key, shelf);
    return shelf;
  }

  /** A namespace that was deleted, and perhaps made again, lives on in its sockets: closes them. */
  #compare(shelf: Shelf): void {
    const identity = this.#sockets.identity(shelf.origin.netns);
    if (sameNetns(identity, shelf.identity)) return;
    this.#closeFirst(shelf, shelf.idle.length);
    shelf.identity = identity;
  }

  /**
   * Whether idle sockets are bound to an address that has gone. IPv4 refuses to connect from it, but
   * IPv6 goes on sending, and nothing comes back.
   */
  #hasLostSource({ origin: { netns, address: { family }, source }, idle }: Shelf): boolean {
    if (family === 4 || source === undefined || idle.length === 0) return false;
    const fd = this.#sockets.open(netns, addressFamilies[family], SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (typeof fd !== "number") return false;
    const failure = bind(fd, source);
    libc.close(fd);
    return failure !== undefined && !failure.isOwn;
  }

  #make(origin: TcpOrigin, shelf: Shelf): TcpSocket | Failure {
    // Who is idle takes nothing from those who are not.
    if (this.#admission.left < this.#idle) this.#closeOne();
    let fd = this.#open(origin);
    if (typeof fd !== "number" && fd.isOwn && this.#idle > 0) {
      this.#closeOne();
      fd = this.#open(origin);
    }
    if (typeof fd !== "number") return fd;
    libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, lingerZero, 8);
    // Delays the handshake's last ACK until there is data to carry it; saves a packet per probe.
    libc.setsockopt(fd, SOL_TCP, TCP_DEFER_ACCEPT, one, 4);
    const failure = origin.source && bind(fd, origin.source);
    if (!failure) return new TcpSocket(fd, shelf, shelf.identity);
    libc.close(fd);
    return failure;
  }

  #open({ netns, address: { family } }: TcpOrigin): number | Failure {
    const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return this.#sockets.open(netns, addressFamilies[family], type, 0);
  }

  #closeOne(): void {
    for (const shelf of this.#all()) {
      if (shelf.idle.length > 0) return this.#closeFirst(shelf, 1);
    }
  }

  #trim(shelf: Shelf): void {
    this.#closeFirst(shelf, shelf.fewest);
    shelf.fewest = shelf.idle.length;
  }

  #closeFirst(shelf: Shelf, count: number): void {
    for (const { fd } of shelf.idle.splice(0, count)) {
      libc.close(fd);
      this.#idle--;
    }
    shelf.fewest = Math.min(shelf.fewest, shelf.idle.length);
  }
}

/** For those of the daemon's own namespace, without a source. */
function plainShelf(family: IpFamily): Shelf {
  return new Shelf({ address: { family }, netns: "", source: undefined });
}

function bind(fd: number, source: IpAddress): Failure | undefined {
  // The port is chosen by connect, which knows the whole 4-tuple and so runs out much later.
  libc.setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, one, 4);
  const length = encodeSocketAddress(sourceAddress, source, 0);
  return libc.bind(fd, sourceAddress, length) === 0 ? undefined : bindFailure(source, errno());
}
