import type { IpAddress, IpFamily } from "../ip/mod.ts";
import {
  EPOLLIN,
  ICMP6_FILTER,
  ICMP_FILTER,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_RAW,
  SOL_SOCKET,
} from "./constants.ts";
import { errnoNumber, errnoWords } from "./errno.ts";
import { addressFamilies, encodeSocketAddress } from "./layout.ts";
import { errno, libc } from "./libc.ts";
import type { NetnsSockets } from "./netns.ts";
import type { Poller, Watch, Watcher } from "./poller.ts";
import { bindReason, connectReason } from "./reasons.ts";

/** From where a ping socket sends. */
export interface PingOrigin {
  readonly family: IpFamily;
  /** Namespace's name or absolute path; empty is the daemon's own. */
  readonly netns: string;
  /** Source address, of the same family. */
  readonly source: IpAddress | undefined;
}

/** Asks for room for a burst; the kernel gives what net.core.rmem_max and wmem_max allow. */
const bufferSize = new Uint8Array(new Int32Array([1 << 20]).buffer);
const protocols = { 4: IPPROTO_ICMP, 6: IPPROTO_ICMPV6 } as const;
/** Errors of earlier sends that may stand before a message; reading takes them away. */
const pendingErrors = 4;
const EAGAIN = errnoNumber("EAGAIN");
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
  readonly #poller: Poller;
  readonly #readable: () => void;
  #fd: number;
  #watch: Watch | undefined;

  private constructor(
    poller: Poller,
    fd: number,
    raw: boolean,
    family: IpFamily,
    readable: () => void,
  ) {
    this.#poller = poller;
    this.#fd = fd;
    this.raw = raw;
    this.hasIpHeader = raw && family === 4;
    this.#readable = readable;
  }

  /**
   * Opens one that lets the ICMP types in `types` through. `readable` is called when something has
   * come. Returns why there is none.
   */
  static open(
    poller: Poller,
    sockets: NetnsSockets,
    origin: PingOrigin,
    types: readonly number[],
    readable: () => void,
  ): PingSocket | string {
    const { family, netns, source } = origin;
    const domain = addressFamilies[family];
    const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    const raw = sockets.open(netns, domain, SOCK_RAW | flags, protocols[family]);
    const fd = typeof raw === "number"
      ? raw
      : sockets.open(netns, domain, SOCK_DGRAM | flags, protocols[family]);
    if (typeof fd === "string") return fd === raw ? fd : `${raw}, and ${fd}`;
    const socket = new PingSocket(poller, fd, fd === raw, family, readable);
    const failure = socket.#prepare(family, types, source);
    if (failure === undefined) return socket;
    socket[Symbol.dispose]();
    return failure;
  }

  /** Sends one message; returns why it could not, or undefined. */
  send(address: IpAddress, bytes: Uint8Array<ArrayBuffer>): string | undefined {
    const length = encodeSocketAddress(scratchAddress, address, 0);
    const size = BigInt(bytes.length);
    if (libc.sendto(this.#fd, bytes, size, 0, scratchAddress, length) >= 0) {
      this.#poller.expect();
      return undefined;
    }
    const reason = errno();
    return reason === EAGAIN ? "too many packets are waiting to be sent" : connectReason(reason);
  }

  /** Receives one message into `buffer`; returns its length, negative when there is none. */
  receive(buffer: Uint8Array<ArrayBuffer>, room: bigint): number {
    for (let tries = 0; tries < pendingErrors; tries++) {
      const length = libc.recv(this.#fd, buffer, room, 0);
      if (length >= 0 || errno() === EAGAIN) return length;
    }
    return -1;
  }

  /** @internal The poller's word. */
  ready(): void {
    this.#readable();
  }

  /** Closes it, if that has not happened yet. */
  [Symbol.dispose](): void {
    if (this.#fd < 0) return;
    if (this.#watch) this.#poller.unwatch(this.#watch);
    this.#watch = undefined;
    libc.close(this.#fd);
    this.#fd = -1;
  }

  #prepare(
    family: IpFamily,
    types: readonly number[],
    source: IpAddress | undefined,
  ): string | undefined {
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVBUF, bufferSize, 4);
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_SNDBUF, bufferSize, 4);
    if (this.raw) {
      const filter = icmpFilter(family, types);
      const [level, option] = family === 4
        ? [SOL_RAW, ICMP_FILTER]
        : [IPPROTO_ICMPV6, ICMP6_FILTER];
      libc.setsockopt(this.#fd, level, option, filter, filter.length);
    }
    if (source) {
      const length = encodeSocketAddress(scratchAddress, source, 0);
      if (libc.bind(this.#fd, scratchAddress, length) !== 0) return bindReason(source, errno());
    }
    const watch = this.#poller.watch(this.#fd, EPOLLIN, this);
    if (typeof watch === "number") return `watch the socket: ${errnoWords(watch)}`;
    this.#watch = watch;
    return undefined;
  }
}

/** `struct icmp_filter` (raw(7)) or `icmp6_filter` (RFC 3542 3.2) with a bit per type to block. */
function icmpFilter(family: IpFamily, types: readonly number[]): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(family === 4 ? 1 : 8).fill(0xffff_ffff);
  for (const type of types) {
    const word = type >> 5;
    words[word] = (words[word] ?? 0) & ~(1 << (type & 31));
  }
  return new Uint8Array(words.buffer);
}
