import { ConnectionLimiter, serveH2 } from "../h2/mod.ts";
import type { ByteConn, ConnectionLimits, H2Handler, H2ServeOptions } from "../h2/mod.ts";
import { LimitedLog } from "../log/mod.ts";
import type { Logger } from "../log/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import type { Http1Server } from "./http1_server.ts";
import { sniff } from "./sniff.ts";
import type { Sniffed } from "./sniff.ts";
import { Splice } from "./splice.ts";
import type { SpliceLimits } from "./splice.ts";

/** How connections are served. */
export interface ConnectionOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly handler: H2Handler;
  readonly http1: Http1Server;
  readonly h2: H2ServeOptions;
  readonly limits: Partial<ConnectionLimits>;
  readonly splice: SpliceLimits;
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
  /** Ends it if it has passed its limits. */
  check?(): void;
}

/** How often HTTP/1.1 connections are checked against their limits at least, in milliseconds. */
const slowestCheckMs = 1000;

/** All connections of the port, from being accepted to being closed. */
export class Connections {
  readonly #served = new Set<Served>();
  readonly #limiter: ConnectionLimiter;
  readonly #warnings: LimitedLog;
  #timer: Timer | undefined;
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
    if (!leave) return closeQuietly(conn);
    try {
      await this.#dispatch(conn, peer);
    } catch {
      // Whoever broke the connection knows; for others it makes no difference.
    } finally {
      closeQuietly(conn);
      leave();
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
    const reason = this.#limiter.refusal(peer);
    if (reason !== undefined) this.#warnings.warn("grpc-connection-refused", { peer, reason });
    return this.#limiter.admit(peer);
  }

  async #dispatch(conn: AcceptedConn, peer: string): Promise<void> {
    const sniffed = await this.#sniff(conn);
    switch (sniffed.kind) {
      case "h2":
        return await this.#serveH2(conn, sniffed.head, peer);
      case "http1":
        return await this.#serveHttp1(conn, sniffed.head);
      case "gone":
        return;
    }
  }

  /** Finds out what the client speaks, within the time it has. */
  async #sniff(conn: AcceptedConn): Promise<Sniffed> {
    const close = () => closeQuietly(conn);
    const timer = this.options.clock.after(this.options.handshakeMs, close);
    try {
      return await this.#during({ drain: close, close }, async () => {
        const { alpnProtocol } = await conn.handshake?.() ?? { alpnProtocol: null };
        if (alpnProtocol === "h2") return { kind: "h2", head: new Uint8Array() };
        return await sniff(conn);
      });
    } finally {
      timer.cancel();
    }
  }

  async #serveH2(conn: ByteConn, prefix: Uint8Array, peer: string): Promise<void> {
    const { handler, h2, clock } = this.options;
    const session = serveH2(conn, handler, { ...h2, clock, prefix, peer });
    await this.#during({
      drain: (drainMs) => void session.shutdown(drainMs),
      close: () => session.close(),
    }, () => session.closed);
  }

  async #serveHttp1(conn: ByteConn, head: Uint8Array): Promise<void> {
    const { clock, http1, splice: limits } = this.options;
    const splice = new Splice(conn, await http1.connect(), head, limits, () => clock.now());
    await this.#during({
      drain: () => splice.drain(),
      close: () => splice.close(),
      check: () => splice.check(),
    }, () => splice.closed);
  }

  async #during<T>(served: Served, work: () => Promise<T>): Promise<T> {
    this.#served.add(served);
    if (served.check) this.#timer ??= this.#arm();
    try {
      return await work();
    } finally {
      this.#served.delete(served);
    }
  }

  /** Runs while there is anything to check. */
  #arm(): Timer {
    const checkMs = Math.min(slowestCheckMs, ...Object.values(this.options.splice));
    return this.options.clock.after(checkMs, () => {
      this.#timer = undefined;
      for (const served of [...this.#served]) served.check?.();
      if ([...this.#served].some(({ check }) => check)) this.#timer ??= this.#arm();
    });
  }
}

function closeQuietly(conn: ByteConn): void {
  try {
    conn.close();
  } catch {
    // Closed already.
  }
}
