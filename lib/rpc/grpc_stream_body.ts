import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { ConnectError } from "@connectrpc/connect";
import { envelopeOf } from "./encoded.ts";
import { toConnectError } from "./errors.ts";
import type { Polling } from "./polling.ts";

/** Messages waiting are sent together up to this size: one full DATA frame. */
const batchBytes = 16_384;

type Chunk = IteratorResult<Uint8Array>;

const end: Chunk = { done: true, value: undefined };

/** The body of a streaming gRPC response: messages in, envelopes out, the error kept for trailers. */
export class GrpcStreamBody implements AsyncIterableIterator<Uint8Array> {
  #error: ConnectError | undefined;
  #ended = false;

  /** `closed` is called once, when nothing more will be read. */
  constructor(
    private readonly schema: DescMessage,
    private readonly messages: Polling<Message>,
    private readonly closed: () => void,
  ) {}

  /** How the stream ended; undefined for well. */
  get error(): ConnectError | undefined {
    return this.#error;
  }

  next(): Promise<Chunk> {
    if (this.#ended) return Promise.resolve(end);
    return this.messages.next().then(
      (result) => result.done ? this.#end(undefined) : this.#batch(result.value),
      (error) => this.#end(toConnectError(error)),
    );
  }

  async return(): Promise<Chunk> {
    this.#end(undefined);
    await this.messages.return?.();
    return end;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #batch(first: Message): Chunk {
    const head = envelopeOf(this.schema, first);
    const chunks = [head];
    let length = head.length;
    while (length < batchBytes) {
      const message = this.messages.poll?.();
      if (!message) break;
      const chunk = envelopeOf(this.schema, message);
      chunks.push(chunk);
      length += chunk.length;
    }
    return { done: false, value: chunks.length === 1 ? head : join(chunks, length) };
  }

  #end(error: ConnectError | undefined): Chunk {
    if (this.#ended) return end;
    this.#ended = true;
    this.#error = error;
    this.closed();
    return end;
  }
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
