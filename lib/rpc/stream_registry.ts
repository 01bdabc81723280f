import type { ConnectError } from "@connectrpc/connect";

/** A response stream that can be ended from outside. */
export interface Endable {
  fail(error: ConnectError): void;
}

/** The streams that are open, so that shutdown can end them all. */
export class StreamRegistry {
  readonly #streams = new Set<Endable>();
  #closed: ConnectError | undefined;

  /** Takes charge of a stream; after `close` it is ended at once. */
  add(stream: Endable): void {
    this.#streams.add(stream);
    if (this.#closed) stream.fail(this.#closed);
  }

  delete(stream: Endable): void {
    this.#streams.delete(stream);
  }

  /** Ends every stream with `error`, and every later one. */
  close(error: ConnectError): void {
    this.#closed = error;
    for (const stream of [...this.#streams]) stream.fail(error);
  }

  /** Why streams end now, once they do. */
  get closed(): ConnectError | undefined {
    return this.#closed;
  }

  /** Streams open now. */
  get size(): number {
    return this.#streams.size;
  }
}
