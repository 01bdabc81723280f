/** A field of a header or trailer section. Names are in lower case (RFC 9113 section 8.2). */
export type H2Field = readonly [name: string, value: string];

/** A request whose header section has arrived (RFC 9113 section 8.3.1). */
export interface H2Request {
  /** `:method`, case-sensitive. */
  readonly method: string;
  /** `:scheme`; empty for CONNECT. */
  readonly scheme: string;
  /** `:authority`, empty if there is none: look for `host` then. */
  readonly authority: string;
  /** `:path` with the query; empty for CONNECT. */
  readonly path: string;
  /** Regular fields in order, names in lower case, repeated ones kept apart. */
  readonly headers: readonly H2Field[];
  /**
   * The body, to be read once. Reading it opens the flow-control window; leaving it unread stops
   * the peer. Breaking out of it discards the rest. Throws {@link H2AbortError} when the stream
   * breaks off. The chunks are the reader's to keep.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** The trailers, once the body has ended; empty before and when there are none. */
  readonly trailers: () => readonly H2Field[];
  /**
   * Aborts on RST_STREAM, on the end of the connection, and on shutdown's drain limit; its reason
   * is an {@link H2AbortError}. After the drain limit an answer is still sent if it comes at once.
   */
  readonly signal: AbortSignal;
  /** The peer, for limits and logs. */
  readonly peer: string;
  /** Stands for the connection: the same for all its requests, to count what they hold together. */
  readonly connection: object;
  /**
   * Ends the request, whatever it is doing, for who has to make room for others: over HTTP/2 its
   * stream, with ENHANCE_YOUR_CALM, which gRPC takes for RESOURCE_EXHAUSTED; over HTTP/1.1 the
   * connection. There where the request comes from such a transport.
   */
  readonly cancel?: (reason: string) => void;
}

/** What a handler answers. */
export interface H2Response {
  /** 200 to 599. */
  readonly status: number;
  /** Names in lower case; pseudo-header fields and connection-specific ones have no place here. */
  readonly headers: readonly H2Field[];
  /**
   * The body. The next chunk is pulled when the one before has left within the peer's window, so a
   * slow peer slows the producer and at most one chunk waits. A chunk must not be changed once it
   * is handed over. Its `return` is called when the stream ends early, also while `next` is
   * pending.
   */
  readonly body?: AsyncIterable<Uint8Array>;
  /** Called once the body has ended; what it returns is sent as trailers. */
  readonly trailers?: () => readonly H2Field[];
  /**
   * Called once, when the connection has taken the last octet of the response; with false when that
   * never happens: the client has left, the connection broke, or the body did.
   */
  readonly sent?: (isWhole: boolean) => void;
}

/**
 * Answers requests. A rejection becomes RST_STREAM INTERNAL_ERROR, and is reported unless it is an
 * {@link H2AbortError}; so does what the body of a response throws.
 */
export type H2Handler = (request: H2Request) => Promise<H2Response>;

/** What carries a connection: a `Deno.Conn` of any kind (TCP, TLS, Unix) is one. */
export interface ByteConn {
  /** Reads up to `p.length` octets into `p`; null at the end. */
  read(p: Uint8Array): Promise<number | null>;
  /** Writes some of `p` and tells how much. */
  write(p: Uint8Array): Promise<number>;
  /** Ends reading and writing; pending calls fail. */
  close(): void;
  /** Ends writing only. */
  closeWrite?(): Promise<void>;
}

/** Closes a connection that may be closed already. */
export function closeConn(conn: Pick<ByteConn, "close">): void {
  try {
    conn.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** Octets one behind the other. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Room for octets that many connections share. */
export interface OctetRoom {
  /** Takes `octets`; false, and nothing is taken, if there is no room for them. */
  take(octets: number): boolean;
  /** Gives them back. */
  give(octets: number): void;
}

/** For a connection whose own limits are all there is. */
export const endlessRoom: OctetRoom = { take: () => true, give() {} };
