import type { ConnectError } from "@connectrpc/connect";

/** A response stream that can be ended from outside. */
export interface Endable {
  fail(error: ConnectError): void;
}

/** Why a stream may not go on; undefined if it may. */
export type Review = () => ConnectError | undefined;

/** The streams that are open, so that shutdown can end them all, and a reload those of whom it bars. */
export class StreamRegistry {
  readonly #streams = new Map<Endable, Review>();
  #closed: ConnectError | undefined;

  /** Takes charge of a stream; after `close` it is ended at once. */
  add(stream: Endable, review: Review = () => undefined): void {
    this.#streams.set(stream, review);
    if (this.#closed) stream.fail(this.#closed);
  }

  delete(stream: Endable): void {
    this.#streams.delete(stream);
  }

  /** Ends every stream with `error`, and every later one. */
  close(error: ConnectError): void {
    this.#closed = error;
    for (const stream of [...this.#streams.keys()]) stream.fail(error);
  }

  /** Ends those that may not go on by the rules that are in force now. */
  review(): void {
    for (const [stream, review] of [...this.#streams]) {
      const reason = review();
      if (reason) stream.fail(reason);
    }
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
