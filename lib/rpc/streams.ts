import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock, Timer } from "../time/mod.ts";
import type { Polling, Reply } from "./answer.ts";

/** A stream ends so many milliseconds after the right to it at most, where that ends by itself. */
const lookMs = 1_000;

/** What tells whether a stream may go on. */
export interface Right {
  /** Why it may not; undefined: it may. */
  readonly review: () => ConnectError | undefined;
  /** Whether it may not some day although nobody takes the right away: a certificate ends. */
  readonly mayEnd: boolean;
}

/** The streams that are open, so that shutdown can end them all, and others those of whom they bar. */
export class StreamRegistry {
  readonly #streams = new Map<ObservedStream, Right>();
  /** Those whose right may end. */
  readonly #ending = new Set<ObservedStream>();
  /** Set while there are any. */
  #look: Timer | undefined;
  #closed: ConnectError | undefined;

  constructor(private readonly clock: Pick<Clock, "after">) {}

  /** Takes charge of a stream; after `close` it is ended at once. */
  add(stream: ObservedStream, right: Right): void {
    this.#streams.set(stream, right);
    if (right.mayEnd) this.#ending.add(stream);
    if (this.#closed) stream.fail(this.#closed);
    this.#watch();
  }

  delete(stream: ObservedStream): void {
    this.#streams.delete(stream);
    this.#ending.delete(stream);
    this.#watch();
  }

  /** Ends every stream with `error`, and every later one. */
  close(error: ConnectError): void {
    this.#closed = error;
    for (const stream of [...this.#streams.keys()]) stream.fail(error);
  }

  /** Ends those that may not go on by the rules that are in force now. */
  review(): void {
    this.#review([...this.#streams.keys()]);
  }

  #review(streams: readonly ObservedStream[]): void {
    for (const stream of streams) {
      const reason = this.#streams.get(stream)?.review();
      if (reason) stream.fail(reason);
    }
  }

  /** Looks at those whose right may end, for as long as there are any. */
  #watch(): void {
    if (this.#ending.size === 0) {
      this.#look?.cancel();
      this.#look = undefined;
      return;
    }
    this.#look ??= this.clock.after(lookMs, () => {
      this.#look = undefined;
      this.#review([...this.#ending]);
      this.#watch();
    });
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
