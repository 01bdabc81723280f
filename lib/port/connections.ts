import { certificateCredentials, type Credentials } from "../access/mod.ts";
import { serveH1 } from "../h1/mod.ts";
import { clientPreface, serveH2 } from "../h2/mod.ts";
import type { ByteConn, H2Handler, H2Request } from "../h2/mod.ts";
import { reasonOf } from "../log/mod.ts";
import { oneByOne, TurnQuota } from "../time/mod.ts";
import { TlsConn, type TlsSource } from "../tls/mod.ts";
import { leaveMs, workLimits } from "./limits.ts";
import { Client } from "./caller.ts";
import { PacedConn } from "./paced_conn.ts";
import { type PeerPrefix, prefixOf } from "./prefix.ts";
import { RequestSlots } from "./request_slots.ts";
import type { Claim, PeerShares } from "./peer_shares.ts";
import { toPlainText } from "./refusals.ts";
import type { HttpPortLimits, HttpPortOptions } from "./http_port.ts";

/** What answers requests, by the protocol that they come in. */
export interface ProtocolHandlers {
  readonly http1: H2Handler;
  readonly http2: H2Handler;
}

/** Whose clients share something: all others', or those of this machine itself. */
export const clientKinds = ["strangers", "own"] as const;

/** One of {@link clientKinds}. */
export type ClientKind = (typeof clientKinds)[number];

/** Told about the connections of a port, for metrics. */
export interface ConnectionObserver {
  /** A connection was accepted and is served; `closed` follows. */
  opened(): void;
  /** One that was served is closed. */
  closed(): void;
  /** A connection was one too many, and closed at once. */
  refused(): void;
  /** One had to give way to another; `closed` follows. */
  displaced(): void;
  /** A connection was gone before it could be accepted. */
  failed(): void;
  /** What one said had to wait for a later turn of the event loop; whose it is. */
  delayed?(clients: ClientKind): void;
}

/** How connections are served. */
export interface ConnectionOptions
  extends
    Pick<HttpPortOptions, "clock" | "handlers" | "log" | "name" | "observer" | "roomOf">,
    Required<Pick<HttpPortLimits, "h1" | "h2" | "handshakeMs">> {
  /** Who may have how many connections. */
  readonly connections: PeerShares;
  /** Who may have how many requests under way. */
  readonly requests: PeerShares;
  /** Connections that may take a moment to leave when their slot is another's already. */
  readonly leaving: number;
  /** Who may have how many handshakes of TLS under way. */
  readonly handshakes: PeerShares;
}

/** A connection that was accepted. */
export interface AcceptedConn extends ByteConn {
  /** Who it is, where that is known at once. */
  readonly credentials?: Credentials | undefined;
}

/** One connection in whatever it is doing now. */
interface Served {
  /** Lets what is under way end, for `drainMs` at most. */
  drain(drainMs: number): void;
  close(): void;
}

/** A connection from being accepted to being closed. */
interface OpenConnection {
  readonly conn: PacedConn;
  /** What secures it, and the handshake that it has under way. */
  readonly tls: { readonly conn: TlsConn; readonly claim: Claim } | undefined;
  /** When its work is done. */
  readonly turns: Turns;
  readonly peer: string;
  readonly client: Client;
  readonly requests: RequestSlots;
  served: Served;
}

/** What each turn of the loop has for clients of one kind. */
interface Turns {
  readonly quota: TurnQuota;
  /** For requests over HTTP/1.1 that came together: one of each. */
  readonly next: () => Promise<void>;
}

/** All connections of a port, from being accepted to being closed. */
export class Connections {
  readonly #open = new Set<OpenConnection>();
  /** Those that have lost their slot, in that order. */
  readonly #leaving = new Set<OpenConnection>();
  #onEmpty: (() => void) | undefined;
  readonly #turns: Readonly<Record<ClientKind, Turns>>;

  constructor(private readonly options: ConnectionOptions) {
    const { clock, observer } = options;
    const turns = (clients: ClientKind): Turns => ({
      quota: new TurnQuota(clock, workLimits, () => observer.delayed?.(clients)),
      next: oneByOne(clock),
    });
    this.#turns = { strangers: turns("strangers"), own: turns("own") };
  }

  /** Connections now open. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Serves a connection until it is closed, unless it is one too many; in the clear where there is
   * no `source`. Never rejects.
   */
  async serve(accepted: AcceptedConn, peer: string, source?: TlsSource): Promise<void> {
    const prefix = prefixOf(peer);
    const turns = this.#turns[prefix.isLocal ? "own" : "strangers"];
    const below = new PacedConn(accepted, turns.quota);
    if (this.#onEmpty) return below.close();
    const claim = source && this.#claimHandshake(prefix, peer, () => open.served.close());
    if (claim === "refused") return below.close();
    const { observer, connections, requests, clock } = this.options;
    const slot = connections.claimIdle(prefix, (newcomer) => this.#giveWay(open, newcomer));
    if (typeof slot === "string") {
      claim?.giveBack();
      observer.refused();
      connections.refuse(slot, prefix, peer, ", none is idle");
      return below.close();
    }
    const tls = source && claim &&
      { claim, conn: new TlsConn(below, { source, clock, toPlainText }) };
    const conn = tls ? new PacedConn(tls.conn, turns.quota) : below;
    const close = () => conn.close();
    const open: OpenConnection = {
      ...{ conn, tls, turns, peer },
      client: new Client(accepted.credentials),
      requests: new RequestSlots(requests, prefix, slot),
      served: { drain: close, close },
    };
    this.#open.add(open);
    observer.opened();
    try {
      await this.#dispatch(open);
    } catch (error) {
      // Sessions do not throw for what a peer does: this is a defect, which costs the one peer.
      this.#failed(error);
    } finally {
      close();
      slot.giveBack();
      this.#forget(open);
    }
  }

  /** Lets requests under way end, for `drainMs` at most, then closes everything. */
  async shutdown(drainMs: number): Promise<void> {
    const empty = new Promise<void>((resolve) => this.#onEmpty = resolve);
    if (this.size === 0) return;
    for (const { served } of [...this.#open]) served.drain(drainMs);
    const timer = this.options.clock.after(drainMs, () => {
      for (const { served } of [...this.#open]) served.close();
    });
    await empty;
    timer.cancel();
  }

  #forget(open: OpenConnection): void {
    this.#leaving.delete(open);
    this.#open.delete(open);
    this.options.observer.closed();
    if (this.size === 0) this.#onEmpty?.();
  }

  /**
   * Asks a connection that has lost its slot to leave. It has a moment to finish its answers, unless
   * so many others have that its descriptor is needed.
   */
  #giveWay(open: OpenConnection, newcomer: PeerPrefix): void {
    const { name, log, observer, leaving } = this.options;
    observer.displaced();
    log.info(`${name}-connection-displaced`, { peer: open.peer, for: newcomer.text });
    this.#leaving.add(open);
    open.served.drain(leaveMs);
    for (const oldest of this.#leaving) {
      if (this.#leaving.size <= leaving) break;
      this.#leaving.delete(oldest);
      oldest.conn.close();
    }
  }

  async #dispatch(open: OpenConnection): Promise<void> {
    const sniffed = await this.#sniff(open);
    if (sniffed?.kind === "h2") await this.#serveH2(open, sniffed.head);
    else if (sniffed) await this.#serveH1(open, sniffed.head);
  }

  /** Finds out what the client speaks, within the time it has. */
  async #sniff(open: OpenConnection): Promise<Sniffed | undefined> {
    const { conn, served } = open;
    const timer = this.options.clock.after(this.options.handshakeMs, () => served.close());
    try {
      const protocol = await this.#handshake(open);
      if (protocol === "failed") return undefined;
      return protocol === "h2" ? { kind: "h2", head: new Uint8Array() } : await sniff(conn);
    } finally {
      timer.cancel();
    }
  }

  /** The protocol that TLS has settled on. A client that often fails is logged. */
  async #handshake({ tls, client, peer }: OpenConnection): Promise<string | undefined> {
    if (!tls) return undefined;
    try {
      const { protocol, certificate } = await tls.conn.handshake();
      if (certificate) client.credentials = certificateCredentials(certificate);
      return protocol;
    } catch (error) {
      const { name, log } = this.options;
      log.warn(`${name}-handshake-failed`, { peer, err: reasonOf(error) });
      return "failed";
    } finally {
      tls.claim.giveBack();
    }
  }

  /** One of the handshakes that there may be; `giveWay` is called when another needs it more. */
  #claimHandshake(prefix: PeerPrefix, peer: string, giveWay: () => void): Claim | "refused" {
    const { handshakes, observer } = this.options;
    const claim = handshakes.claim(prefix, giveWay);
    if (typeof claim !== "string") return claim;
    observer.refused();
    handshakes.refuse(claim, prefix, peer);
    return "refused";
  }

  async #serveH2(open: OpenConnection, prefix: Uint8Array): Promise<void> {
    const { handlers, h2: limits, roomOf } = this.options;
    const { conn } = open;
    const session = serveH2(conn, open.requests.counting(handlers.http2), {
      ...{ limits, prefix, mayStart: () => open.turns.quota.next() },
      ...this.#listeners(open),
      ...roomOf && { room: roomOf(open.peer) },
    });
    open.served = {
      drain: (drainMs) => void session.shutdown(drainMs),
      close: () => session.close(),
    };
    await session.closed;
  }

  async #serveH1(open: OpenConnection, prefix: Uint8Array): Promise<void> {
    const { handlers, h1: limits } = this.options;
    const { conn } = open;
    const scheme = open.tls ? "https" : "http";
    const session = serveH1(conn, open.requests.counting(handlers.http1), {
      ...{ limits, prefix, scheme },
      mayContinue: open.turns.next,
      ...this.#listeners(open),
    });
    open.served = session;
    await session.closed;
  }

  /** What sessions of both protocols are told, and tell. */
  #listeners({ peer, client, requests }: OpenConnection) {
    return {
      peer,
      connection: client,
      clock: this.options.clock,
      onError: (error: unknown) => this.#failed(error),
      onOver: (request: H2Request) => requests.over(request),
    };
  }

  /** A defect; whoever found the request that brings it about can do so again. */
  #failed(error: unknown): void {
    const err = error instanceof Error ? error.stack ?? error.message : String(error);
    this.options.log.warn(`${this.options.name}-handler-error`, { err });
  }
}

/** What a connection turned out to speak. `head` is what was read to find out. */
export interface Sniffed {
  readonly kind: "h2" | "http1";
  readonly head: Uint8Array;
}

/** `PRI * HTTP/2.0`: no HTTP/1.1 request line begins so. */
const telling = clientPreface.subarray(0, 14);

/** Enough for what clients send at once: preface, SETTINGS and the first request. */
const headBytes = 4096;

/**
 * Reads as much of a connection as it takes to tell HTTP/2 from HTTP/1.1, in any pieces. Undefined
 * when it ends, or breaks, before: the client has left, or was too slow and is cut off.
 */
export async function sniff(conn: ByteConn): Promise<Sniffed | undefined> {
  const buffer = new Uint8Array(headBytes);
  for (let length = 0;;) {
    const count = await conn.read(buffer.subarray(length)).catch(() => null);
    if (count === null) return undefined;
    length += count;
    const kind = judge(buffer.subarray(0, length));
    if (kind) return { kind, head: buffer.slice(0, length) };
  }
}

/** What bytes at the start of a connection mean; undefined when there are too few. */
function judge(head: Uint8Array): "h2" | "http1" | undefined {
  const length = Math.min(head.length, telling.length);
  for (let i = 0; i < length; i++) {
    if (head[i] !== telling[i]) return "http1";
  }
  return length === telling.length ? "h2" : undefined;
}
