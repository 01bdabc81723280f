import type { ByteConn } from "../h2/mod.ts";
import { ConnectionOver } from "./errors.ts";

/** Octets that a quiet connection has room for. */
const quietBytes = 4096;

/**
 * What a client has sent and nobody has used yet, in one buffer. It may be filled ahead while a
 * response is under way: that is how a client's leaving is noticed.
 */
export class Input {
  #buffer: Uint8Array<ArrayBuffer>;
  #start = 0;
  #end: number;
  #ended = false;
  #filling: Promise<void> | undefined;

  /** `head` is what was read of the connection already; `most` the octets held at most. */
  constructor(private readonly conn: ByteConn, head: Uint8Array, private readonly most: number) {
    this.#buffer = new Uint8Array(Math.max(quietBytes, head.length));
    this.#buffer.set(head);
    this.#end = head.length;
  }

  /** What is there; valid until it is consumed or filled. */
  get octets(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Whether the client has said all that it will say. What is there may still be unused. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether no more fits. */
  get full(): boolean {
    return this.#end - this.#start >= this.most;
  }

  /** Uses up the first `count` octets. */
  consume(count: number): void {
    this.#start += count;
  }

  /**
   * Waits until there is more than before, or `ended`. Calls that come meanwhile wait for the same
   * octets. Rejects with {@link ConnectionOver} when the connection breaks.
   */
  fill(): Promise<void> {
    if (this.#ended || this.full) return Promise.resolve();
    return this.#filling ??= this.#read().finally(() => this.#filling = undefined);
  }

  async #read(): Promise<void> {
    this.#makeRoom();
    const count = await this.#readInto(this.#buffer.subarray(this.#end));
    if (count === null) this.#ended = true;
    else this.#end += count;
  }

  async #readInto(room: Uint8Array): Promise<number | null> {
    try {
      return await this.conn.read(room);
    } catch (cause) {
      throw new ConnectionOver("the connection broke while reading", { cause });
    }
  }

  /** Grows for a client that fills the buffer, and shrinks when nothing is left in it. */
  #makeRoom(): void {
    const octets = this.octets;
    const filled = this.#end === this.#buffer.length;
    if (octets.length > 0 && !filled) return;
    const size = filled
      ? Math.max(quietBytes, Math.min(this.most, this.#buffer.length * 2))
      : quietBytes;
    const buffer = size === this.#buffer.length ? this.#buffer : new Uint8Array(size);
    buffer.set(octets);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = octets.length;
  }
}
