import type { ConnectError } from "@connectrpc/connect";
import { concatenated } from "../h2/mod.ts";
import type { Release } from "../port/mod.ts";
import {
  type Answer,
  type HeldAnswer,
  holdAnswer,
  type HoldOptions,
  type Polling,
  type Reply,
} from "./answer.ts";
import { toConnectError } from "./errors.ts";

/** Messages waiting are sent together up to this size: one full DATA frame. */
const batchBytes = 16_384;

type Chunk = IteratorResult<Uint8Array>;

const end: Chunk = { done: true, value: undefined };

/** How answers are sent. */
export interface StreamBodyOptions {
  /** The answer that a reply is. */
  readonly write: (reply: Reply) => Answer;
  readonly hold: HoldOptions;
  /** What the body ends with, in protocols where it tells how the call has ended. */
  readonly end: (error: ConnectError | undefined) => Uint8Array | undefined;
  /** Hears why the stream breaks off, before its source does. */
  readonly failed: (error: ConnectError) => void;
  /** Called once, when nothing more will be read. */
  readonly closed: () => void;
}

/** A body of answers in envelopes: one that is shared is written once for all who are sent it. */
export class StreamBody implements AsyncIterableIterator<Uint8Array> {
  #error: ConnectError | undefined;
  #isClosed = false;
  /** What did not fit into the chunk before. */
  #next: Answer | undefined;
  #release: Release | undefined;

  /** Nothing is read of the replies yet. */
  constructor(
    private readonly replies: Polling<Reply>,
    private readonly options: StreamBodyOptions,
  ) {}

  /** How the stream ended; undefined for well. */
  get error(): ConnectError | undefined {
    return this.#error;
  }

  async next(): Promise<Chunk> {
    this.#letGo();
    const value = await this.#chunk();
    if (value && !this.#isClosed) return { done: false, value };
    const last = !this.#isClosed ? this.options.end(this.#error) : undefined;
    this.#close();
    return last ? { done: false, value: last } : end;
  }

  async return(): Promise<Chunk> {
    this.#close();
    await this.replies.return?.();
    return end;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Answers that are at hand, as many as make a full frame; undefined when there are no more. */
  async #chunk(): Promise<Uint8Array | undefined> {
    if (this.#isClosed) return undefined;
    try {
      const head = this.#next ?? await this.#first();
      this.#next = undefined;
      // It may have been closed while it waited.
      if (!head || this.#isClosed) return undefined;
      return this.#hold(await this.#filled(head));
    } catch (error) {
      this.#fail(error);
      // Its source may not know: there was no room, say, or a message could not be written.
      this.replies.return?.().catch((cause: unknown) => this.#fail(cause));
      return undefined;
    }
  }

  #fail(error: unknown): void {
    const status = toConnectError(error);
    this.#error ??= status;
    this.options.failed(status);
  }

  async #first(): Promise<Answer | undefined> {
    const result = await this.replies.next();
    return result.done ? undefined : this.options.write(result.value);
  }

  /** A longer answer, or one that is compressed, goes alone, and is not copied. */
  #filled(head: Answer): HeldAnswer | Promise<HeldAnswer> {
    const { hold } = this.options;
    const chunks = [head.envelope];
    let length = head.envelope.length;
    while (length < batchBytes && !this.#isPacked(head)) {
      const reply = this.replies.poll?.();
      const next = reply && this.options.write(reply);
      this.#next = next;
      if (!next || length + next.envelope.length > batchBytes || this.#isPacked(next)) break;
      chunks.push(next.envelope);
      length += next.envelope.length;
      this.#next = undefined;
    }
    if (chunks.length === 1) return holdAnswer(head, hold);
    const octets = concatenated(chunks);
    return { octets, release: hold.outbox.hold(hold.connection, octets) };
  }

  #isPacked({ length }: Answer): boolean {
    return length >= this.options.hold.compressMinBytes;
  }

  /** Counts octets until they have left. */
  #hold({ octets, release }: HeldAnswer): Uint8Array {
    this.#release = release;
    if (this.#isClosed) this.#letGo();
    return octets;
  }

  #letGo(): void {
    this.#release?.();
    this.#release = undefined;
  }

  #close(): void {
    this.#letGo();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.options.closed();
  }
}
