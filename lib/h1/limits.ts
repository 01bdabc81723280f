/** What one connection may cost, and how long its client may take. */
export interface H1Limits {
  /** Octets of a request line with its fields; more is answered with 431. */
  readonly headBytes: number;
  /** Octets of a request's trailer fields. */
  readonly trailerBytes: number;
  /** Milliseconds from the first octet of a request to the end of its fields. */
  readonly headMs: number;
  /** Milliseconds from there to the end of its body. */
  readonly bodyMs: number;
  /** Milliseconds from a response to the first octet of the next request. */
  readonly idleMs: number;
  /** Milliseconds in which the client has to take the next {@link pieceBytes} of a response. */
  readonly pieceMs: number;
  /**
   * Milliseconds that a connection stays open one way: for what a client that has ended its side
   * is still sent, and for a client to receive what was sent last before the connection is gone.
   */
  readonly lingerMs: number;
}

/** Octets handed to the socket at once. With `pieceMs` this is the slowest that a client may read. */
export const pieceBytes = 65_536;

/**
 * As the HTTP/2 side has them, where it has them. All times are for the whole of what they name,
 * so that a client cannot stretch them by sending an octet now and then. 64 KiB in 30 s is
 * 2 KB/s, less than any link over which a router is steered.
 */
export const defaultH1Limits: H1Limits = {
  headBytes: 16 * 1024,
  trailerBytes: 4 * 1024,
  headMs: 10_000,
  bodyMs: 30_000,
  idleMs: 300_000,
  pieceMs: 30_000,
  lingerMs: 2_000,
};
