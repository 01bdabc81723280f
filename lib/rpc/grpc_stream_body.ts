import type { ConnectError } from "@connectrpc/connect";
import { type Answer, concatenated, type Polling } from "./answer.ts";
import { toConnectError } from "./errors.ts";
import type { Release } from "./outbox.ts";

/** Messages waiting are sent together up to this size: one full DATA frame. */
const batchBytes = 16_384;

type Chunk = IteratorResult<Uint8Array>;

const end: Chunk = { done: true, value: undefined };

/** The body of a streaming gRPC response: answers in, envelopes out, the error kept for trailers. */
export class GrpcStreamBody implements AsyncIterableIterator<Uint8Array> {
  #error: ConnectError | undefined;
  #ended = false;
  /** What did not fit into the chunk before. */
  #next: Uint8Array | undefined;
  #release: Release | undefined;

  /**
   * `hold` counts a chunk until it has left, and throws when too much waits already; `closed` is
   * called once, when nothing more will be read.
   */
  constructor(
    private readonly answers: Polling<Answer>,
    private readonly hold: (octets: Uint8Array) => Release,
    private readonly closed: () => void,
  ) {}

  /** How the stream ended; undefined for well. */
  get error(): ConnectError | undefined {
    return this.#error;
  }

  async next(): Promise<Chunk> {
    this.#release?.();
    this.#release = undefined;
    if (this.#ended) return end;
    try {
      const head = this.#next ?? await this.#envelope();
      this.#next = undefined;
      // It may have ended while it waited.
      return head && !this.#ended ? this.#chunk(head) : this.#end(undefined);
    } catch (error) {
      return this.#end(toConnectError(error));
    }
  }

  async return(): Promise<Chunk> {
    this.#end(undefined);
    await this.answers.return?.();
    return end;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #envelope(): Promise<Uint8Array | undefined> {
    const result = await this.answers.next();
    return result.done ? undefined : result.value.envelope;
  }

  /** What is at hand, as much of it as makes a full frame; a longer one is not copied. */
  #chunk(head: Uint8Array): Chunk {
    const chunks = [head];
    let length = head.length;
    while (length < batchBytes) {
      const envelope = this.answers.poll?.()?.envelope;
      if (!envelope) break;
      if (length + envelope.length > batchBytes) {
        this.#next = envelope;
        break;
      }
      chunks.push(envelope);
      length += envelope.length;
    }
    const value = chunks.length === 1 ? head : concatenated(chunks);
    try {
      this.#release = this.hold(value);
    } catch (error) {
      void this.answers.return?.();
      throw error;
    }
    return { done: false, value };
  }

  #end(error: ConnectError | undefined): Chunk {
    this.#release?.();
    if (this.#ended) return end;
    this.#ended = true;
    this.#error = error;
    this.closed();
    return end;
  }
}
