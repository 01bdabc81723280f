import { type Clock, systemClock } from "../time/mod.ts";
import { defaultFloodBudgets, type FloodBudgets } from "./flood.ts";
import { type H2Limits, resolveLimits } from "./limits.ts";
import {
  type ByteConn,
  endlessRoom,
  type H2Handler,
  type H2Request,
  type OctetRoom,
} from "./types.ts";
import { type H2End, Session } from "./session.ts";

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

/**
 * Serves HTTP/2 (RFC 9113) on an open connection and owns it from now on.
 */
export function serveH2(
  conn: ByteConn,
  handler: H2Handler,
  options: H2ServeOptions = {},
): H2Session {
  const { clock = systemClock } = options;
  return new Session(conn, handler, {
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
