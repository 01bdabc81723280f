import type { Release } from "./outbox.ts";

const end: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** A body of a single chunk, without the machinery of a generator. */
export class OneChunk implements AsyncIterableIterator<Uint8Array> {
  #chunk: Uint8Array | undefined;
  readonly #release: Release | undefined;

  /** `release` is called when the chunk has left, or nobody wants it any more. */
  constructor(chunk: Uint8Array, release?: Release) {
    this.#chunk = chunk;
    this.#release = release;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#chunk;
    this.#chunk = undefined;
    if (value) return Promise.resolve({ done: false, value });
    this.#release?.();
    return Promise.resolve(end);
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#chunk = undefined;
    this.#release?.();
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
