/** A request that is not understood. It is answered, and the connection is closed. */
export class BadRequest extends Error {
  /** For `instanceof` across bundles, and for logs. */
  override readonly name = "BadRequest";

  /** `message` is a clause for the client; it quotes nothing of the request. */
  constructor(readonly status: 400 | 414 | 417 | 431 | 501 | 505, message: string) {
    super(message);
  }
}

/** The connection is over: its client has left, was cut off, or the network broke. */
export class ConnectionOver extends Error {
  /** For `instanceof` across bundles, and for logs. */
  override readonly name = "ConnectionOver";
}
