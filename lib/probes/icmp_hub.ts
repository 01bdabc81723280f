import type { IpAddress } from "../ip/mod.ts";
import {
  type Deadline,
  type Engine,
  type Failure,
  type NetnsIdentity,
  ownFailure,
  type PingOrigin,
  type PingSocket,
} from "../net/mod.ts";
import { EchoTable } from "./echo_table.ts";
import { icmpFilter } from "./icmp_filter.ts";
import { type Echo, echoBytes, encodeEcho, type IcmpAnswer, parseAnswer } from "./icmp_packet.ts";

/**
 * Told how one echo fared; nothing after it was withdrawn. `heardAt` is when the kernel had the
 * answer, in the clock's milliseconds.
 */
export interface EchoUser {
  /** Its reply came. */
  replied(heardAt: number): void;
  /** A router, or this host, says that it went nowhere. */
  unreachable(heardAt: number, reason: string): void;
  /** It had to wait for room, and could not be sent after all. */
  unsent(failure: Failure): void;
}

/** An echo on its way, or waiting for room to be sent. */
export interface PendingEcho extends Echo {
  readonly address: IpAddress;
  readonly user: EchoUser;
  /** Clock milliseconds at which it was asked for, */
  readonly askedAt: number;
  /** and at which it could be sent; undefined while it waits. */
  sentAt: number | undefined;
}

/** Random words fetched at once; an echo takes three. */
const randomBatch = 1024;
/** Answers read in one go, so that a flood of them leaves the event loop a turn. */
const answersAtOnce = 2048;
/** Milliseconds after which those that wait for room are tried again, */
const retryMs = 10;
/** refusals in a row after which there is no room for the others either, */
const refusalsAtOnce = 16;
/** and for how long an echo waits; with that its probe still ends when the checker expects it. */
const longestWaitMs = 1000;

/** Some echoes of one namespace, family and source: one socket, which hears the answers to them. */
export class IcmpHub implements Disposable {
  readonly #engine: Engine;
  readonly #origin: PingOrigin;
  /** Where the socket is, which the name may no longer stand for. */
  readonly #netns: NetnsIdentity | undefined;
  readonly #id = crypto.getRandomValues(new Uint16Array(1))[0] ?? 0;
  readonly #pending = new EchoTable<PendingEcho>();
  readonly #packet = new Uint8Array(echoBytes);
  /** Those of {@link #pending} that there was no room for yet. */
  readonly #waiting = new Set<PendingEcho>();
  readonly #random = new Uint32Array(randomBatch);
  #nextRandom = randomBatch;
  #retry: Deadline | undefined;
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
    const filter = icmpFilter(this.#origin.family, this.#id);
    const socket = this.#engine.openPing(this.#origin, filter, () => this.#readable());
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

  /** Echoes under way or waiting. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Sends one echo, at once or, when this host has no room for it, as soon as it has; returns why it
   * cannot be sent at all. `user` is not told from within.
   */
  send(address: IpAddress, user: EchoUser): PendingEcho | Failure {
    if (this.#pending.size >= EchoTable.limit) return ownFailure("too many echoes are under way");
    const askedAt = this.#engine.clock.now();
    const echo = this.#newEcho(address, user, askedAt);
    const failure = this.#waiting.size > 0 ? undefined : this.#trySend(echo);
    if (failure !== undefined && !failure.isOwn) return failure;
    this.#pending.add(echo);
    this.lastUsed = askedAt;
    if (echo.sentAt === undefined) this.#wait(echo);
    return echo;
  }

  /** Stops waiting for an echo. Harmless when it was answered. */
  withdraw(echo: PendingEcho): void {
    if (!this.#pending.delete(echo)) return;
    this.#waiting.delete(echo);
    if (this.#retired && this.#pending.size === 0) this[Symbol.dispose]();
  }

  /** Closes the socket as soon as nothing is under way any more. */
  retire(): void {
    this.#retired = true;
    if (this.#pending.size === 0) this[Symbol.dispose]();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#socket?.[Symbol.dispose]();
    this.#socket = undefined;
  }

  /** Returns why the echo could not be sent. */
  #trySend(echo: PendingEcho): Failure | undefined {
    encodeEcho(this.#packet, this.#origin.family, echo);
    const failure = this.#socket?.send(echo.address, this.#packet);
    if (failure === undefined) echo.sentAt = this.#engine.clock.now();
    return failure;
  }

  #wait(echo: PendingEcho): void {
    this.#waiting.add(echo);
    this.#retry ??= this.#engine.deadline(this.#engine.clock.now() + retryMs, () => {
      this.#retry = undefined;
      this.#sendWaiting();
      const [next] = this.#waiting;
      if (next) this.#wait(next);
    });
  }

  /** Tries those that wait, those that were refused before last. */
  #sendWaiting(): void {
    let refusals = 0;
    for (const echo of [...this.#waiting]) {
      if (refusals >= refusalsAtOnce) return;
      // Whoever was told in the meantime may have withdrawn it.
      if (!this.#waiting.delete(echo)) continue;
      const failure = this.#trySend(echo);
      if (failure === undefined) continue;
      refusals++;
      const waitedMs = this.#engine.clock.now() - echo.askedAt;
      if (failure.isOwn && waitedMs < longestWaitMs) this.#waiting.add(echo);
      else echo.user.unsent(failure);
    }
  }

  /** The sequence number is random, too: it is all that an error may quote of what is secret. */
  #newEcho(address: IpAddress, user: EchoUser, askedAt: number): PendingEcho {
    const sequence = this.#pending.free(this.#nextWord());
    const token = [this.#nextWord(), this.#nextWord()] as const;
    return { id: this.#id, sequence, token, address, user, askedAt, sentAt: undefined };
  }

  #nextWord(): number {
    if (this.#nextRandom === randomBatch) {
      crypto.getRandomValues(this.#random);
      this.#nextRandom = 0;
    }
    return this.#random[this.#nextRandom++] ?? 0;
  }

  #readable(): void {
    const { inbox } = this.#engine;
    const { family } = this.#origin;
    for (let count = 0; count < answersAtOnce; count++) {
      const socket = this.#socket;
      if (!socket) return;
      const length = socket.receive();
      if (length < 0) return;
      const answer = parseAnswer(inbox.bytes, length, family, socket.hasIpHeader);
      if (answer) this.#answered(answer, socket.raw);
    }
  }

  #answered(answer: IcmpAnswer, ownId: boolean): void {
    const echo = this.#pending.get(answer.sequence);
    if (!echo || (ownId && answer.id !== this.#id)) return;
    const { clock, inbox } = this.#engine;
    const heardAt = clock.now() - inbox.waitedMs;
    const { token } = answer;
    if (token && (token[0] !== echo.token[0] || token[1] !== echo.token[1])) return;
    switch (answer.kind) {
      case "reply":
        if (!sameBytes(inbox.sender(this.#origin.family), echo.address.bytes)) return;
        return echo.user.replied(heardAt);
      case "unreachable":
        if (!sameBytes(answer.destination, echo.address.bytes)) return;
        return echo.user.unreachable(heardAt, answer.reason);
    }
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  // By hand: a function for each byte costs more than all the rest of an answer.
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
