const end: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** A body of a single chunk, without the machinery of a generator. */
export class OneChunk implements AsyncIterableIterator<Uint8Array> {
  #chunk: Uint8Array | undefined;

  constructor(chunk: Uint8Array) {
    this.#chunk = chunk;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#chunk;
    this.#chunk = undefined;
    return Promise.resolve(value ? { done: false, value } : end);
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#chunk = undefined;
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
