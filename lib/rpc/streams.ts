import { Code, ConnectError } from "@connectrpc/connect";
import type { Polling, Reply } from "./answer.ts";

/** The streams that are open, so that shutdown can end them all, and a reload those of whom it bars. */
export class StreamRegistry {
  /** With what tells why each may not go on; undefined if it may. */
  readonly #streams = new Map<ObservedStream, () => ConnectError | undefined>();
  #closed: ConnectError | undefined;

  /** Takes charge of a stream; after `close` it is ended at once. */
  add(stream: ObservedStream, review: () => ConnectError | undefined): void {
    this.#streams.set(stream, review);
    if (this.#closed) stream.fail(this.#closed);
  }

  delete(stream: ObservedStream): void {
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

/** Told what becomes of a stream. */
export interface StreamListener {
  /** A message was handed on. */
  sent(): void;
  /** All messages were handed on. */
  succeeded(): void;
  /** The stream broke off; called at most once, instead of `succeeded`. Returns the status. */
  failed(error: unknown): ConnectError;
  /** The source has thrown when it was told that nobody wants more of it. */
  notReleased(error: unknown): void;
}

/** What a stream is doing. */
type State =
  | { readonly kind: "open"; readonly source: Polling<Reply> | undefined }
  /** Ended from outside between two reads: the next one throws. */
  | { readonly kind: "failed"; readonly status: ConnectError }
  | { readonly kind: "done" };

type Result = IteratorResult<Reply>;

const end: Result = { done: true, value: undefined };

/**
 * A response stream that tells a listener how it goes, and that can be ended at any moment even
 * while its source waits. An async generator cannot: its `return` queues behind the pending
 * `next`. The source's own `return` is called, but not waited for.
 */
export class ObservedStream implements AsyncIterableIterator<Reply>, Polling<Reply> {
  #state: State = { kind: "open", source: undefined };
  #pending: PromiseWithResolvers<Result> | undefined;

  /** `open` is called when the first message is asked for. */
  constructor(
    private readonly open: () => AsyncIterable<Reply>,
    private readonly listener: StreamListener,
  ) {}

  /** Ends the stream with `error`, whatever the source is doing. Harmless when it has ended. */
  fail(error: unknown): void {
    if (this.#state.kind !== "open") return;
    const status = this.listener.failed(error);
    const pending = this.#pending;
    this.#release(pending ? { kind: "done" } : { kind: "failed", status });
    pending?.reject(status);
  }

  next(): Promise<Result> {
    switch (this.#state.kind) {
      case "failed": {
        const { status } = this.#state;
        this.#state = { kind: "done" };
        return Promise.reject(status);
      }
      case "done":
        return Promise.resolve(end);
      case "open":
        return this.#pull(this.#state.source);
    }
  }

  /** The next message if it is at hand. */
  poll(): Reply | undefined {
    if (this.#state.kind !== "open" || this.#pending) return undefined;
    const message = this.#state.source?.poll?.();
    if (message) this.listener.sent();
    return message;
  }

  /** The reader wants no more, although there may be. */
  return(): Promise<Result> {
    this.fail(new ConnectError("the client went away", Code.Canceled));
    this.#state = { kind: "done" };
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #pull(source: Polling<Reply> | undefined): Promise<Result> {
    const pending = Promise.withResolvers<Result>();
    this.#pending = pending;
    try {
      if (!source) {
        source = this.open()[Symbol.asyncIterator]();
        this.#state = { kind: "open", source };
      }
      source.next().then((result) => this.#pulled(pending, result), (error) => this.fail(error));
    } catch (error) {
      this.fail(error);
    }
    return pending.promise;
  }

  #pulled(pending: PromiseWithResolvers<Result>, result: Result): void {
    if (this.#pending !== pending) return;
    this.#pending = undefined;
    if (result.done) {
      this.#state = { kind: "done" };
      this.listener.succeeded();
      return pending.resolve(end);
    }
    this.listener.sent();
    pending.resolve(result);
  }

  #release(state: State): void {
    const source = this.#state.kind === "open" ? this.#state.source : undefined;
    this.#state = state;
    this.#pending = undefined;
    source?.return?.().catch((error: unknown) => this.listener.notReleased(error));
  }
}
