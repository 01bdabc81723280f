import type { H2AbortError } from "./errors.ts";

/** Octets of a block in which small pieces that wait are gathered. */
const blockSize = 4096;

/** What a body needs of its stream. */
export interface BodySource {
  /** The reader has taken octets: the peer may send as many again. */
  read(octets: number): void;
  /** The reader wants no more. */
  discard(): void;
}

type Waiter = PromiseWithResolvers<IteratorResult<Uint8Array, undefined>>;

type State =
  | { readonly kind: "open" | "ended" | "discarded" }
  | { readonly kind: "failed"; readonly error: H2AbortError };

const done: IteratorResult<Uint8Array, undefined> = { done: true, value: undefined };

/** A request's body on its way to the handler. What waits is bounded by the stream's window. */
export class IncomingBody implements AsyncIterableIterator<Uint8Array, undefined> {
  #state: State = { kind: "open" };
  #chunks: Uint8Array[] = [];
  /** Room left behind the last chunk. */
  #room = 0;
  #waiter: Waiter | undefined;

  constructor(private readonly source: BodySource) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.source.read(chunk.length);
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#state.kind === "failed") return Promise.reject(this.#state.error);
    if (this.#state.kind !== "open") return Promise.resolve(done);
    if (this.#waiter) return Promise.reject(new TypeError("a body has one reader at a time"));
    this.#waiter = Promise.withResolvers();
    return this.#waiter.promise;
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#state.kind === "open") this.source.discard();
    this.drop();
    return Promise.resolve(done);
  }

  /** Adds octets, copying them. */
  push(octets: Uint8Array): void {
    if (this.#state.kind !== "open") return;
    const waiter = this.#takeWaiter();
    if (!waiter) return this.#keep(octets);
    this.source.read(octets.length);
    waiter.resolve({ done: false, value: octets.slice() });
  }

  /** The body is complete. */
  end(): void {
    if (this.#state.kind !== "open") return;
    this.#state = { kind: "ended" };
    this.#takeWaiter()?.resolve(done);
  }

  /** The body breaks off: what waits is dropped, readers get `error`. */
  fail(error: H2AbortError): void {
    const complete = this.#state.kind === "ended" && this.#chunks.length === 0;
    if (complete || this.#state.kind === "discarded") return;
    this.#state = { kind: "failed", error };
    this.#chunks = [];
    this.#takeWaiter()?.reject(error);
  }

  /** Nobody wants what waits or may come. */
  drop(): void {
    this.#state = { kind: "discarded" };
    this.#chunks = [];
    this.#takeWaiter()?.resolve(done);
  }

  /**
   * Keeps octets until they are read. Pieces that queue up are packed into blocks: one octet per
   * DATA frame must not cost an object each.
   */
  #keep(octets: Uint8Array): void {
    const last = this.#chunks.at(-1);
    if (last && octets.length <= this.#room) {
      const longer = new Uint8Array(last.buffer, 0, last.length + octets.length);
      longer.set(octets, last.length);
      this.#chunks[this.#chunks.length - 1] = longer;
      this.#room -= octets.length;
      return;
    }
    const size = last ? Math.max(blockSize, octets.length) : octets.length;
    const block = new Uint8Array(size);
    block.set(octets);
    this.#chunks.push(block.subarray(0, octets.length));
    this.#room = size - octets.length;
  }

  #takeWaiter(): Waiter | undefined {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    return waiter;
  }
}
