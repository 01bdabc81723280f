import type { H2Field } from "../h2/mod.ts";
import { ChunkDecoder } from "./chunks.ts";
import { BadRequest } from "./errors.ts";
import type { BodyFraming } from "./head.ts";
import type { Input } from "./input.ts";

/** What a body tells its connection. */
export interface BodyListener {
  /** The handler asks for octets that have not come yet. */
  waiting(): Promise<void>;
  /** The body has been read to its end. */
  completed(): void;
}

type Result = IteratorResult<Uint8Array, undefined>;

const done: Result = { done: true, value: undefined };

/** How a body is taken off the input: the next octets of it, undefined when more are needed. */
interface Framer {
  readonly done: boolean;
  readonly trailers: readonly H2Field[];
  next(input: Input): Uint8Array | undefined;
}

/**
 * The body of a request, read from the connection as its handler asks for it: a slow handler slows
 * the client. Once discarded it is at its end for the handler, whatever is left of it.
 */
export class RequestBody implements AsyncIterableIterator<Uint8Array, undefined> {
  readonly #framer: Framer;
  #discarded = false;
  #reading = false;
  /** What is wrong with it, once that is known. */
  failure: BadRequest | undefined;

  constructor(
    private readonly input: Input,
    framing: BodyFraming,
    trailerBytes: number,
    private readonly listener: BodyListener,
  ) {
    this.#framer = framing === "chunked" ? new ChunkDecoder(trailerBytes) : new Counted(framing);
  }

  /** Whether the client has sent all of it, and all of it was taken off the connection. */
  get complete(): boolean {
    return this.#framer.done;
  }

  /** The trailers, once it is complete. */
  get trailers(): readonly H2Field[] {
    return this.#framer.done ? this.#framer.trailers : [];
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<Result> {
    if (this.#reading) throw new TypeError("a body has one reader at a time");
    this.#reading = true;
    try {
      return await this.#next();
    } catch (error) {
      if (error instanceof BadRequest) this.failure = error;
      throw error;
    } finally {
      this.#reading = false;
    }
  }

  return(): Promise<Result> {
    this.discard();
    return Promise.resolve(done);
  }

  /**
   * Drops what has come already, and gives the rest up. A handler that has answered early leaves
   * the connection usable if the body was all there.
   */
  discard(): void {
    this.#discarded = true;
    try {
      while (!this.complete) if (!this.#take()) return;
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      this.failure = error;
    }
  }

  async #next(): Promise<Result> {
    for (;;) {
      if (this.#discarded || this.complete) return done;
      const octets = this.#take();
      if (octets) return { done: false, value: octets };
      if (this.complete) continue;
      if (this.input.ended) throw new BadRequest(400, "the request ended before its body did");
      await this.listener.waiting();
      await this.input.fill();
    }
  }

  /** A copy of the next octets, for the reader to keep. */
  #take(): Uint8Array | undefined {
    const octets = this.#framer.next(this.input)?.slice();
    if (this.complete) this.listener.completed();
    return octets;
  }
}

/** A body whose length was announced. */
class Counted implements Framer {
  readonly trailers: readonly H2Field[] = [];

  constructor(private left: number) {}

  get done(): boolean {
    return this.left === 0;
  }

  next(input: Input): Uint8Array | undefined {
    const octets = input.octets.subarray(0, this.left);
    if (octets.length === 0) return undefined;
    this.left -= octets.length;
    input.consume(octets.length);
    return octets;
  }
}
