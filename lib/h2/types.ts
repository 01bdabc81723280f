/** A request whose header section has arrived (RFC 9113 section 8.3.1). */
export interface H2Request {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
  /** Regular fields in order, names in lower case, repeated ones kept apart. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body. Reading it opens the flow-control window; leaving it unread stops the peer. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborts on RST_STREAM, on the end of the connection, and on shutdown's drain limit. */
  readonly signal: AbortSignal;
  /** The peer, for limits and logs. */
  readonly peer: string;
}

/** What a handler answers. */
export interface H2Response {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /**
   * The body; pulled only while the peer's window has room, so a slow peer slows the producer.
   * Its `return` is called when the stream ends early.
   */
  readonly body?: AsyncIterable<Uint8Array>;
  /** Called once the body has ended; what it returns is sent as trailers. */
  readonly trailers?: () => readonly (readonly [name: string, value: string])[];
}

/** Answers requests. A rejection becomes RST_STREAM INTERNAL_ERROR. */
export type H2Handler = (request: H2Request) => Promise<H2Response>;
