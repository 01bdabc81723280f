import type { IpAddress } from "../ip/mod.ts";
import {
  type Engine,
  type Failure,
  type NetnsIdentity,
  ownFailure,
  type PingOrigin,
  type PingSocket,
} from "../net/mod.ts";
import {
  type Echo,
  echoBytes,
  encodeEcho,
  type IcmpAnswer,
  icmpTypes,
  parseAnswer,
} from "./icmp_packet.ts";

/**
 * Told how one echo fared; nothing after it was withdrawn. `heardAt` is when the kernel had the
 * answer, in the clock's milliseconds.
 */
export interface EchoUser {
  /** Its reply came. */
  replied(heardAt: number): void;
  /** A router, or this host, says that it went nowhere. */
  unreachable(heardAt: number, reason: string): void;
}

/** An echo on its way. */
export interface PendingEcho extends Echo {
  readonly address: IpAddress;
  readonly user: EchoUser;
}

/** Sequence numbers there are, and so the most echoes under way on one socket. */
const sequences = 65536;
/** Random words fetched at once, two per echo. */
const tokenBatch = 1024;
/** Answers read in one go, so that a flood of them leaves the event loop a turn. */
const answersAtOnce = 2048;

/**
 * All echoes of one namespace, family and source: one socket, which hears the answers to all of
 * them, and to those of other programs, which it leaves alone.
 */
export class IcmpHub implements Disposable {
  readonly #engine: Engine;
  readonly #origin: PingOrigin;
  /** Where the socket is, which the name may no longer stand for. */
  readonly #netns: NetnsIdentity | undefined;
  readonly #id = crypto.getRandomValues(new Uint16Array(1))[0] ?? 0;
  readonly #pending = new Map<number, PendingEcho>();
  readonly #packet = new Uint8Array(echoBytes);
  readonly #tokens = new Uint32Array(tokenBatch);
  #token = tokenBatch;
  #sequence = 0;
  #socket: PingSocket | undefined;
  #retired = false;
  /** Clock milliseconds of the last echo. */
  lastUsed: number;

  constructor(engine: Engine, origin: PingOrigin) {
    this.#engine = engine;
    this.#origin = origin;
    this.#netns = engine.netnsIdentity(origin.netns);
    this.lastUsed = engine.clock.now();
  }

  /** Opens the socket; returns why it can't be. To be called once. */
  open(): Failure | undefined {
    const { reply, unreachable } = icmpTypes[this.#origin.family];
    const types = [reply, unreachable];
    const socket = this.#engine.openPing(this.#origin, types, () => this.#readable());
    if ("reason" in socket) return socket;
    this.#socket = socket;
    return undefined;
  }

  /** Whether the namespace's name still stands for the one that the socket is in. */
  get current(): boolean {
    if (this.#origin.netns === "") return true;
    const now = this.#engine.netnsIdentity(this.#origin.netns);
    const then = this.#netns;
    return now !== undefined && then !== undefined && now.inode === then.inode &&
      now.major === then.major && now.minor === then.minor;
  }

  /** Echoes under way. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Sends one echo; returns why it could not be sent. `user` is not told from within. */
  send(address: IpAddress, user: EchoUser): PendingEcho | Failure {
    if (this.#pending.size >= sequences) return ownFailure("too many echoes are under way");
    const echo = { ...this.#nextEcho(), address, user };
    encodeEcho(this.#packet, this.#origin.family, echo);
    const failure = this.#socket?.send(address, this.#packet);
    if (failure !== undefined) return failure;
    this.#pending.set(echo.sequence, echo);
    this.lastUsed = this.#engine.clock.now();
    return echo;
  }

  /** Stops waiting for an echo. Harmless when it was answered. */
  withdraw(echo: PendingEcho): void {
    if (this.#pending.get(echo.sequence) !== echo) return;
    this.#pending.delete(echo.sequence);
    if (this.#retired && this.#pending.size === 0) this[Symbol.dispose]();
  }

  /** Closes the socket as soon as nothing is under way any more. */
  retire(): void {
    this.#retired = true;
    if (this.#pending.size === 0) this[Symbol.dispose]();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.#socket?.[Symbol.dispose]();
    this.#socket = undefined;
  }

  #nextEcho(): Echo {
    while (this.#pending.has(this.#sequence)) this.#sequence = (this.#sequence + 1) % sequences;
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) % sequences;
    if (this.#token >= tokenBatch) {
      crypto.getRandomValues(this.#tokens);
      this.#token = 0;
    }
    const first = this.#tokens[this.#token++] ?? 0;
    const second = this.#tokens[this.#token++] ?? 0;
    return { id: this.#id, sequence, token: [first, second] };
  }

  #readable(): void {
    const { inbox } = this.#engine;
    const { family } = this.#origin;
    for (let count = 0; count < answersAtOnce; count++) {
      const socket = this.#socket;
      const length = socket?.receive() ?? -1;
      if (!socket || length < 0) return;
      const answer = parseAnswer(inbox.bytes, length, family, socket.hasIpHeader);
      if (answer) this.#answered(answer, socket.raw);
    }
  }

  #answered(answer: IcmpAnswer, ownId: boolean): void {
    const echo = this.#pending.get(answer.sequence);
    if (!echo || (ownId && answer.id !== this.#id)) return;
    const heardAt = this.#engine.clock.now() - this.#engine.inbox.waitedMs;
    switch (answer.kind) {
      case "reply":
        if (answer.token[0] !== echo.token[0] || answer.token[1] !== echo.token[1]) return;
        return echo.user.replied(heardAt);
      case "unreachable":
        if (!sameBytes(answer.destination, echo.address.bytes)) return;
        return echo.user.unreachable(heardAt, answer.reason);
    }
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
