import { serveH1 } from "../h1/mod.ts";
import type { H1Limits } from "../h1/mod.ts";
import { closeConn, ConnectionLimiter, serveH2 } from "../h2/mod.ts";
import type { ByteConn, ConnectionLimits, H2Handler, H2Limits, OctetRoom } from "../h2/mod.ts";
import { LimitedLog, reasonOf } from "../log/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { PortName } from "./budget.ts";
import { sniff } from "./sniff.ts";
import type { Sniffed } from "./sniff.ts";
import type { ConnectionObserver } from "./types.ts";

/** What answers requests, by the protocol that they come in. */
export interface ProtocolHandlers {
  readonly http1: H2Handler;
  readonly http2: H2Handler;
}

/** How connections are served. */
export interface ConnectionOptions {
  /** Begins the names of log records. */
  readonly name: PortName;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: ConnectionObserver;
  readonly handlers: ProtocolHandlers;
  /** How many there may be. */
  readonly limits: ConnectionLimits;
  /** What differs from the defaults for one HTTP/1.1 connection. */
  readonly h1: Partial<H1Limits>;
  /** What differs from the defaults for one HTTP/2 connection. */
  readonly h2: Partial<H2Limits>;
  /** What requests may hold of what all connections share; endless unless given. */
  readonly room?: OctetRoom;
  /** Milliseconds in which a client has to say what it speaks. */
  readonly handshakeMs: number;
}

/** A connection that was accepted: TCP, or TLS with its handshake still to come. */
export interface AcceptedConn extends ByteConn {
  handshake?(): Promise<{ readonly alpnProtocol: string | null }>;
}

/** One connection in whatever it is doing now. */
interface Served {
  /** Lets what is under way end, for `drainMs` at most. */
  drain(drainMs: number): void;
  close(): void;
}

/** All connections of a port, from being accepted to being closed. */
export class Connections {
  readonly #served = new Set<Served>();
  readonly #limiter: ConnectionLimiter;
  readonly #warnings: LimitedLog;
  #onEmpty: (() => void) | undefined;

  constructor(private readonly options: ConnectionOptions) {
    this.#limiter = new ConnectionLimiter(options.limits);
    this.#warnings = new LimitedLog(options.log, options.clock);
  }

  /** Connections now open. */
  get size(): number {
    return this.#limiter.count;
  }

  /** Serves a connection until it is closed, unless it is one too many. Never rejects. */
  async serve(conn: AcceptedConn, peer: string): Promise<void> {
    const leave = this.#onEmpty ? undefined : this.#admit(peer);
    if (!leave) return closeConn(conn);
    const { observer } = this.options;
    observer.opened();
    try {
      await this.#dispatch(conn, peer);
    } catch (error) {
      // Sessions do not throw for what a peer does: this is a defect, which costs the one peer.
      this.#failed(error);
    } finally {
      closeConn(conn);
      leave();
      observer.closed();
      if (this.size === 0) this.#onEmpty?.();
    }
  }

  /** Lets requests under way end, for `drainMs` at most, then closes everything. */
  async shutdown(drainMs: number): Promise<void> {
    const empty = new Promise<void>((resolve) => this.#onEmpty = resolve);
    if (this.size === 0) return;
    for (const served of [...this.#served]) served.drain(drainMs);
    const timer = this.options.clock.after(drainMs, () => {
      for (const served of [...this.#served]) served.close();
    });
    await empty;
    timer.cancel();
  }

  #admit(peer: string): (() => void) | undefined {
    const { name, observer } = this.options;
    const reason = this.#limiter.refusal(peer);
    if (reason !== undefined) {
      observer.refused();
      this.#warnings.warn(`${name}-connection-refused`, { peer, reason });
    }
    return this.#limiter.admit(peer);
  }

  async #dispatch(conn: AcceptedConn, peer: string): Promise<void> {
    const sniffed = await this.#sniff(conn, peer);
    switch (sniffed.kind) {
      case "h2":
        return await this.#serveH2(conn, sniffed.head, peer);
      case "http1":
        return await this.#serveH1(conn, sniffed.head, peer);
      case "gone":
        return;
    }
  }

  /** Finds out what the client speaks, within the time it has. */
  async #sniff(conn: AcceptedConn, peer: string): Promise<Sniffed> {
    const close = () => closeConn(conn);
    const timer = this.options.clock.after(this.options.handshakeMs, close);
    try {
      return await this.#during({ drain: close, close }, async () => {
        const protocol = await this.#handshake(conn, peer);
        if (protocol === "failed") return { kind: "gone" };
        return protocol === "h2" ? { kind: "h2", head: new Uint8Array() } : await sniff(conn);
      });
    } finally {
      timer.cancel();
    }
  }

  /** The protocol that TLS has settled on. A client that fails at it often is worth a word. */
  async #handshake(conn: AcceptedConn, peer: string): Promise<string | null> {
    if (!conn.handshake) return null;
    try {
      return (await conn.handshake()).alpnProtocol;
    } catch (error) {
      const { name } = this.options;
      this.#warnings.warn(`${name}-handshake-failed`, { peer, err: reasonOf(error) });
      return "failed";
    }
  }

  async #serveH2(conn: ByteConn, prefix: Uint8Array, peer: string): Promise<void> {
    const { handlers, h2: limits, clock, room } = this.options;
    const onError = (error: unknown) => this.#failed(error);
    const session = serveH2(conn, handlers.http2, {
      ...{ limits, clock, prefix, peer, onError },
      ...room && { room },
    });
    await this.#during({
      drain: (drainMs) => void session.shutdown(drainMs),
      close: () => session.close(),
    }, () => session.closed);
  }

  async #serveH1(conn: AcceptedConn, prefix: Uint8Array, peer: string): Promise<void> {
    const { handlers, h1: limits, clock } = this.options;
    const scheme = conn.handshake ? "https" : "http";
    const onError = (error: unknown) => this.#failed(error);
    const session = serveH1(conn, handlers.http1, { limits, clock, prefix, peer, scheme, onError });
    await this.#during(session, () => session.closed);
  }

  #failed(error: unknown): void {
    const err = error instanceof Error ? error.stack ?? error.message : String(error);
    this.#warnings.error(`${this.options.name}-handler-error`, { err });
  }

  async #during<T>(served: Served, work: () => Promise<T>): Promise<T> {
    this.#served.add(served);
    try {
      return await work();
    } finally {
      this.#served.delete(served);
    }
  }
}
