import type { IpAddress, IpFamily } from "../ip/mod.ts";
import {
  EPOLLIN,
  ICMP6_FILTER,
  ICMP_FILTER,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  SO_ATTACH_FILTER,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SO_SNDBUFFORCE,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_RAW,
  SOL_SOCKET,
} from "./constants.ts";
import type { Engine } from "./engine.ts";
import { errnoNumber } from "./errno.ts";
import { bindFailure, type Failure, sendFailure, watchFailure } from "./failure.ts";
import { askForStamps } from "./inbox.ts";
import { addressFamilies, encodeSocketAddress } from "./layout.ts";
import { addressOf, errno, libc } from "./libc.ts";
import type { Watch, Watcher } from "./poller.ts";

/** What a raw socket is to hear; the unprivileged kind hears nothing but its own answers. */
export interface PingFilter {
  /** ICMP types. */
  readonly types: readonly number[];
  /**
   * Instructions of classic BPF, `struct sock_filter` each, over what the socket would receive: what
   * they return 0 for takes no room in its buffer.
   */
  readonly program: Uint8Array<ArrayBuffer>;
}

/** From where a ping socket sends. */
export interface PingOrigin {
  readonly family: IpFamily;
  /** Namespace's name or absolute path; empty is the daemon's own. */
  readonly netns: string;
  /** Source address, of the same family. */
  readonly source: IpAddress | undefined;
}

const protocols = { 4: IPPROTO_ICMP, 6: IPPROTO_ICMPV6 } as const;
const EINVAL = errnoNumber("EINVAL");
/** struct sock_filter. */
const instructionBytes = 8;
const scratchAddress = new Uint8Array(28);

/**
 * The only owner of one non-blocking ICMP socket: raw where that is allowed (CAP_NET_RAW), else the
 * unprivileged kind (icmp(7)), for which the kernel chooses the id and hands over only answers.
 */
export class PingSocket implements Watcher, Disposable {
  /** Whether the id in the packets is the caller's to choose and to compare. */
  readonly raw: boolean;
  /** Whether received packets begin with an IP header. */
  readonly hasIpHeader: boolean;
  readonly #engine: Engine;
  readonly #readable: () => void;
  readonly #source: IpAddress | undefined;
  #fd: number;
  #watch: Watch | undefined;

  private constructor(
    engine: Engine,
    fd: number,
    raw: boolean,
    { family, source }: PingOrigin,
    readable: () => void,
  ) {
    this.#engine = engine;
    this.#source = source;
    this.#fd = fd;
    this.raw = raw;
    this.hasIpHeader = raw && family === 4;
    this.#readable = readable;
  }

  /**
   * Opens one that hears what `filter` lets through. `readable` is called while there is something
   * to receive. Returns why there is none.
   */
  static open(
    engine: Engine,
    origin: PingOrigin,
    filter: PingFilter,
    readable: () => void,
  ): PingSocket | Failure {
    const { family, netns } = origin;
    const domain = addressFamilies[family];
    const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    const open = (type: number) =>
      engine.sockets.open(netns, domain, type | flags, protocols[family]);
    const raw = open(SOCK_RAW);
    if (typeof raw !== "number" && raw.isOwn) return raw;
    const fd = typeof raw === "number" ? raw : open(SOCK_DGRAM);
    if (typeof fd !== "number") return typeof raw === "number" ? fd : both(raw, fd);
    const socket = new PingSocket(engine, fd, fd === raw, origin, readable);
    const failure = socket.#prepare(family, filter);
    if (failure === undefined) return socket;
    socket[Symbol.dispose]();
    return failure;
  }

  /** Sends one message; returns why it could not, or undefined. */
  send(address: IpAddress, bytes: Uint8Array<ArrayBuffer>): Failure | undefined {
    const gone = this.#bind();
    if (gone !== undefined) return gone;
    const length = encodeSocketAddress(scratchAddress, address, 0);
    const size = BigInt(bytes.length);
    if (libc.sendto(this.#fd, bytes, size, 0, scratchAddress, length) >= 0) {
      this.#engine.poller.expect();
      return undefined;
    }
    return sendFailure(errno());
  }

  /** Receives one message into the engine's inbox; returns its length, negative for none. */
  receive(): number {
    return this.#engine.inbox.receive(this.#fd);
  }

  /** @internal Called by the poller. */
  ready(): void {
    this.#readable();
  }

  /** Closes it, if that has not happened yet. */
  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    if (this.#watch) this.#engine.poller.unwatch(this.#watch);
    this.#watch = undefined;
    libc.close(this.#fd);
    this.#fd = -1;
  }

  #prepare(family: IpFamily, filter: PingFilter): Failure | undefined {
    askForStamps(this.#fd);
    this.#size(SO_RCVBUFFORCE, SO_RCVBUF);
    this.#size(SO_SNDBUFFORCE, SO_SNDBUF);
    if (this.raw) this.#filter(family, filter);
    const failure = this.#bind();
    if (failure !== undefined) return failure;
    // Level-triggered: answers come to one socket in such numbers that they are read in portions.
    const watch = this.#engine.poller.watch(this.#fd, EPOLLIN, this);
    if (typeof watch === "number") return watchFailure(watch);
    this.#watch = watch;
    return undefined;
  }

  /** Beyond net.core.rmem_max and wmem_max only with CAP_NET_ADMIN (socket(7)). */
  #size(forced: number, allowed: number): void {
    const bytes = new Uint8Array(new Int32Array([this.#engine.pingBufferBytes]).buffer);
    if (libc.setsockopt(this.#fd, SOL_SOCKET, forced, bytes, 4) === 0) return;
    libc.setsockopt(this.#fd, SOL_SOCKET, allowed, bytes, 4);
  }

  #filter(family: IpFamily, { types, program }: PingFilter): void {
    const blocked = blockedTypes(family, types);
    const [level, option] = family === 4 ? [SOL_RAW, ICMP_FILTER] : [IPPROTO_ICMPV6, ICMP6_FILTER];
    libc.setsockopt(this.#fd, level, option, blocked, blocked.length);
    // struct sock_fprog: how many instructions, and where they are.
    const request = new Uint8Array(16);
    const view = new DataView(request.buffer);
    view.setUint16(0, program.length / instructionBytes, true);
    view.setBigUint64(8, addressOf(program), true);
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_ATTACH_FILTER, request, request.length);
  }

  /**
   * Binds to the source address. Done again before each message, it finds that the address has
   * gone, after which IPv6 would still send from it.
   */
  #bind(): Failure | undefined {
    const source = this.#source;
    if (source === undefined) return undefined;
    const length = encodeSocketAddress(scratchAddress, source, 0);
    if (libc.bind(this.#fd, scratchAddress, length) === 0) return undefined;
    const reason = errno();
    // The unprivileged kind is bound once, and says so after it has looked for the address.
    return this.#watch !== undefined && reason === EINVAL ? undefined : bindFailure(source, reason);
  }
}

/** What neither kind of socket could be opened for. */
function both(raw: Failure, unprivileged: Failure): Failure {
  if (raw.reason === unprivileged.reason) return raw;
  return { reason: `${raw.reason}, and ${unprivileged.reason}`, isOwn: unprivileged.isOwn };
}

/** `struct icmp_filter` (raw(7)) or `icmp6_filter` (RFC 3542 3.2) with a bit per type to block. */
function blockedTypes(family: IpFamily, types: readonly number[]): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(family === 4 ? 1 : 8).fill(0xffff_ffff);
  for (const type of types) {
    const word = type >> 5;
    words[word] = (words[word] ?? 0) & ~(1 << (type & 31));
  }
  return new Uint8Array(words.buffer);
}
