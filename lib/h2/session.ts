import { Alarm, type Clock, systemClock } from "../time/mod.ts";
import { H2Connection } from "./connection.ts";
import { ErrorCode, H2AbortError } from "./errors.ts";
import type { H2Event } from "./core.ts";
import { Exchange, type ExchangeHost } from "./exchange.ts";
import { defaultFloodBudgets, type FloodBudgets } from "./flood.ts";
import { type H2Limits, resolveLimits } from "./limits.ts";
import {
  type ByteConn,
  closeConn,
  endlessRoom,
  type H2Handler,
  type H2Request,
  type OctetRoom,
} from "./types.ts";

/** How to serve a connection. */
export interface H2ServeOptions {
  /** What differs from {@link defaultLimits}. */
  readonly limits?: Partial<H2Limits>;
  /** What differs from {@link defaultFloodBudgets}. */
  readonly floods?: Partial<FloodBudgets>;
  /** What requests may hold of what all connections share; endless unless given. */
  readonly room?: OctetRoom;
  /** Octets of the peer that have been read already, say to tell HTTP/2 from HTTP/1.1. */
  readonly prefix?: Uint8Array;
  /** The peer's name, for requests and logs. */
  readonly peer?: string;
  /** What requests have as their `connection`; something of its own unless given. */
  readonly connection?: object;
  /** Time and timers. */
  readonly clock?: Clock;
  /** Resolves when more handlers may be started; in the clock's next turn unless given. */
  readonly mayStart?: () => Promise<void>;
  /** Hears of handlers that throw while they are waited for, and of response bodies that do. */
  readonly onError?: (error: unknown, request: H2Request) => void;
  /**
   * Hears when a request is over, answered or not. Over HTTP/2 its handler is done by then, over
   * HTTP/1.1 it may still be running.
   */
  readonly onOver?: (request: H2Request) => void;
}

/** A connection being served. */
export interface H2Session {
  /** Resolves, and never rejects, when the transport is closed. Handlers may still be ending. */
  readonly closed: Promise<H2End>;
  /** Requests whose streams are open. */
  readonly streams: number;
  /**
   * Stops taking requests and lets those under way end, for `drainMs` milliseconds at most; then
   * their signals abort and after `abortGraceMs` the connection is closed.
   */
  shutdown(drainMs: number): Promise<void>;
  /** Ends the connection at once, with a GOAWAY if the peer still listens. */
  close(): void;
}

/** Why a connection ended. */
export interface H2End {
  /** The HTTP/2 error code; 0 when nobody was at fault. */
  readonly code: number;
  /** A clause for the log. */
  readonly reason: string;
}

/** Serves HTTP/2 (RFC 9113) on an open connection and owns it from now on. */
export function serveH2(
  conn: ByteConn,
  handler: H2Handler,
  options: H2ServeOptions = {},
): H2Session {
  const { clock = systemClock } = options;
  return new Http2Session(conn, handler, {
    limits: resolveLimits(options.limits),
    floods: { ...defaultFloodBudgets, ...options.floods },
    room: options.room ?? endlessRoom,
    prefix: options.prefix ?? new Uint8Array(0),
    peer: options.peer ?? "unknown",
    client: options.connection,
    clock,
    mayStart: options.mayStart ?? (() => clock.turn.next()),
    onError: options.onError ?? (() => {}),
    onOver: options.onOver ?? (() => {}),
  });
}

/** The options of a session, all of them. */
interface SessionOptions extends Required<Omit<H2ServeOptions, "connection">> {
  readonly limits: H2Limits;
  readonly floods: FloodBudgets;
  readonly client: object | undefined;
}

/** Octets a quiet connection reads at once. */
const quietRead = 4096;

/** Handlers started one after the other, before it is looked how long they take: some 0.3 ms each. */
const startsAtOnce = 8;

/** Handlers started in one piece of work, so that a burst is answered in few writes. */
const startsPerPiece = 32;

/** Milliseconds after which no more of them are, so that a burst does not hold the event loop up. */
const startingMs = 1;

/** Rounds of promises in which quick handlers answer. */
const handlerRounds = 8;

/** Rounds of promises without new output after which it is written. */
const quietTurns = 16;

/** Runs an {@link H2Connection} over a transport: reads, writes, sets its alarm, starts handlers. */
class Http2Session implements ExchangeHost, H2Session {
  readonly connection: H2Connection;
  readonly closed: Promise<H2End>;
  readonly #exchanges = new Map<number, Exchange>();
  /** Those whose last octets may not have left yet. */
  #answered: Exchange[] = [];
  #starting: { readonly id: number; readonly exchange: Exchange }[] = [];
  #started: Promise<void> | undefined;
  #flushing = false;
  #dispatching = false;
  readonly #alarm: Alarm;
  #end: H2End | undefined;

  constructor(
    private readonly conn: ByteConn,
    private readonly handler: H2Handler,
    private readonly options: SessionOptions,
  ) {
    this.#alarm = new Alarm(options.clock, () => this.#rang());
    this.connection = new H2Connection(this.now(), options.limits, options.floods, options.room);
    this.closed = this.#run();
  }

  get peer(): string {
    return this.options.peer;
  }

  get client(): object {
    return this.options.client ?? this;
  }

  get streams(): number {
    return this.connection.streams;
  }

  now(): number {
    return this.options.clock.now();
  }

  async shutdown(drainMs: number): Promise<void> {
    this.connection.shutdown(drainMs, this.now());
    this.changed();
    await this.closed;
  }

  close(): void {
    this.connection.leave(this.now());
    this.changed();
  }

  failed(error: unknown, request: H2Request): void {
    if (error instanceof H2AbortError) return;
    try {
      this.options.onError(error, request);
    } catch (listenerError) {
      // The connection goes on; whoever guards the process hears of both.
      reportError(listenerError);
    }
  }

  changed(): void {
    this.#dispatch();
    this.#setAlarm();
    this.#flush();
  }

  async #run(): Promise<H2End> {
    this.#receive(this.options.prefix);
    this.changed();
    await this.#readAll();
    this.#alarm.close();
    this.#cutOff();
    return this.#end ?? { code: ErrorCode.NO_ERROR, reason: "closed" };
  }

  /** Reads until the peer ends or the transport fails, also what comes after GOAWAY. */
  async #readAll(): Promise<void> {
    let buffer = new Uint8Array(quietRead);
    for (;;) {
      const count = await this.#read(buffer);
      if (typeof count !== "number") {
        this.connection.end(count.reason, this.now());
        this.changed();
        return;
      }
      this.#receive(buffer.subarray(0, count));
      await this.#started;
      buffer = this.#nextBuffer(buffer, count);
    }
  }

  async #read(buffer: Uint8Array): Promise<number | { readonly reason: string }> {
    try {
      return await this.conn.read(buffer) ?? { reason: "the peer has closed the connection" };
    } catch (error) {
      return { reason: `reading failed: ${error instanceof Error ? error.message : error}` };
    }
  }

  #receive(input: Uint8Array): void {
    if (input.length === 0) return;
    this.connection.receive(input, this.now());
    this.changed();
  }

  /** Grows with a peer that fills it, shrinks when it is quiet. */
  #nextBuffer(buffer: Uint8Array<ArrayBuffer>, used: number): Uint8Array<ArrayBuffer> {
    const most = Math.max(quietRead, this.options.limits.readBufferBytes);
    if (used === buffer.length && used < most) return new Uint8Array(Math.min(most, used * 4));
    const quiet = this.connection.streams === 0 && buffer.length > quietRead;
    return quiet ? new Uint8Array(quietRead) : buffer;
  }

  #dispatch(): void {
    if (this.#dispatching) return;
    this.#dispatching = true;
    for (let events = this.connection.takeEvents(); events.length > 0;) {
      for (const event of events) this.#on(event);
      events = this.connection.takeEvents();
    }
    this.#dispatching = false;
  }

  #on(event: H2Event): void {
    switch (event.type) {
      case "request": {
        const exchange = new Exchange(event.id, event.head, this);
        this.#exchanges.set(event.id, exchange);
        this.#start(event.id, exchange);
        return;
      }
      case "data":
        return this.#exchanges.get(event.id)?.body.push(event.data);
      case "end":
        return this.#exchanges.get(event.id)?.requestEnded(event.trailers);
      case "sent":
        return this.#exchanges.get(event.id)?.sent();
      case "reset":
        this.#exchanges.get(event.id)?.broken(new H2AbortError(event.code, event.reason));
        return;
      case "drain limit":
        return this.#abortAll();
      case "closed":
        return this.#over({ code: event.code, reason: event.reason });
    }
  }

  /** Handlers start in their own turn, after the events that came with the request. */
  #start(id: number, exchange: Exchange): void {
    this.#starting.push({ id, exchange });
    this.#started ??= this.#startAll();
  }

  async #startAll(): Promise<void> {
    await undefined;
    while (this.#starting.length > 0) {
      const end = this.now() + startingMs;
      for (let count = 0; count < startsPerPiece && this.now() < end; count += startsAtOnce) {
        for (const { id, exchange } of this.#starting.splice(0, startsAtOnce)) {
          void this.#serve(id, exchange);
        }
        if (this.#starting.length === 0) break;
        for (let round = 0; round < handlerRounds; round++) await undefined;
      }
      if (this.#starting.length > 0) await this.options.mayStart();
    }
    this.#started = undefined;
  }

  async #serve(id: number, exchange: Exchange): Promise<void> {
    await exchange.run(this.handler);
    this.#exchanges.delete(id);
    this.options.onOver(exchange);
    if (exchange.isAnswered && this.connection.queued > 0) this.#answered.push(exchange);
    else exchange.left(true);
  }

  #abortAll(): void {
    const error = new H2AbortError(ErrorCode.CANCEL, "the server is shutting down");
    for (const exchange of this.#exchanges.values()) exchange.abort(error);
  }

  /** The connection is over: everything ends, and GOAWAY gets a moment to arrive. */
  #over(end: H2End): void {
    this.#end = end;
    const error = new H2AbortError(end.code, `the connection is over: ${end.reason}`);
    for (const exchange of this.#exchanges.values()) exchange.broken(error);
    this.#alarm.set(this.options.limits.lingerMs);
  }

  /** Closes the transport; a pending read or write fails, which ends the session. */
  #cutOff(): void {
    closeConn(this.conn);
  }

  #setAlarm(): void {
    if (!this.#end) this.#alarm.set((this.connection.nextDeadline() ?? Infinity) - this.now());
  }

  #rang(): void {
    if (this.#end) return this.#cutOff();
    this.connection.tick(this.now());
    this.changed();
  }

  #flush(): void {
    if (this.#flushing || this.connection.queued === 0) return;
    this.#flushing = true;
    void this.#writeAll();
  }

  /** Writes until nothing is left. What gathers during a write goes out with the next. */
  async #writeAll(): Promise<void> {
    await this.#quiet();
    let leaving: readonly Exchange[] = [];
    try {
      for (let isMore = true; isMore;) {
        leaving = this.#answered.splice(0);
        const output = this.connection.takeOutput(this.now());
        isMore = output.length > 0;
        if (isMore) await this.#write(output);
        for (const exchange of leaving) exchange.left(true);
      }
      if (this.connection.closed) await this.conn.closeWrite?.();
    } catch (error) {
      const reason = `writing failed: ${error instanceof Error ? error.message : error}`;
      this.connection.end(reason, this.now());
      this.#cutOff();
      this.#dispatch();
      for (const exchange of [...leaving, ...this.#answered.splice(0)]) exchange.left(false);
    }
    this.#flushing = false;
  }

  /**
   * Waits until the promises under way are settled, so that what handlers answer in one turn
   * goes out in one write; without leaving the turn, which would cost a lone request its time.
   */
  async #quiet(): Promise<void> {
    let seen = 0;
    for (let still = 0; still < quietTurns; still++) {
      await undefined;
      const { queued } = this.connection;
      if (queued !== seen) still = 0;
      seen = queued;
    }
  }

  async #write(output: Uint8Array): Promise<void> {
    for (let at = 0; at < output.length;) {
      const count = await this.conn.write(output.subarray(at));
      if (count <= 0) throw new Error("the transport takes nothing");
      at += count;
      this.connection.wrote(count, this.now());
      this.#dispatch();
    }
    this.connection.recycle(output);
  }
}
