import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Polling } from "../polling.ts";

/** How far a reader may fall behind. */
export interface QueueLimits {
  /** Messages waiting. */
  readonly count: number;
  /** Bytes waiting, as they would be on the wire. */
  readonly bytes: number;
}

/** What a queue is doing. */
type State =
  | { readonly kind: "open" }
  /** Cut off or closed: the next read throws, the ones after it are done. */
  | { readonly kind: "failed"; readonly error: ConnectError }
  | { readonly kind: "done" };

interface Waiting<Item> {
  readonly resolve: (result: IteratorResult<Item>) => void;
  readonly reject: (error: ConnectError) => void;
}

/**
 * Messages on their way to one reader: first those of a snapshot, then what is pushed. Pushing
 * never waits; a reader that falls too far behind loses what was queued and gets
 * ResourceExhausted instead. The snapshot does not count, since all readers share it.
 */
export class EventQueue<Item extends Message>
  implements AsyncIterableIterator<Item>, Polling<Item> {
  #state: State = { kind: "open" };
  #snapshot: Iterator<Item> | undefined;
  #items: { readonly item: Item; readonly bytes: number }[] = [];
  #itemsRead = 0;
  #bytes = 0;
  #waiting: Waiting<Item> | undefined;
  readonly #limits: QueueLimits;
  readonly #onEnd: () => void;

  /** `onEnd` is called once, when nothing more can be read. */
  constructor(snapshot: Iterable<Item>, limits: QueueLimits, onEnd: () => void) {
    this.#snapshot = snapshot[Symbol.iterator]();
    this.#limits = limits;
    this.#onEnd = onEnd;
  }

  /** Queues one message that takes `bytes` on the wire. */
  push(item: Item, bytes: number): void {
    if (this.#state.kind !== "open") return;
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      return resolve({ done: false, value: item });
    }
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
    const count = this.backlog;
    if (count > this.#limits.count || this.#bytes > this.#limits.bytes) {
      this.fail(tooSlow(count, this.#bytes));
    }
  }

  /** Messages waiting, the snapshot's not counted. */
  get backlog(): number {
    return this.#items.length - this.#itemsRead;
  }

  /** Drops what is queued and ends the stream with `error`. */
  fail(error: ConnectError): void {
    if (this.#state.kind !== "open") return;
    const waiting = this.#waiting;
    this.#end(waiting ? { kind: "done" } : { kind: "failed", error });
    waiting?.reject(error);
  }

  next(): Promise<IteratorResult<Item>> {
    switch (this.#state.kind) {
      case "failed": {
        const { error } = this.#state;
        this.#state = { kind: "done" };
        return Promise.reject(error);
      }
      case "done":
        return Promise.resolve({ done: true, value: undefined });
      case "open": {
        const item = this.#take();
        if (item) return Promise.resolve({ done: false, value: item });
        return new Promise((resolve, reject) => this.#waiting = { resolve, reject });
      }
    }
  }

  /** The next message if there is one. */
  poll(): Item | undefined {
    return this.#state.kind === "open" ? this.#take() : undefined;
  }

  /** The reader wants no more. */
  return(): Promise<IteratorResult<Item>> {
    if (this.#state.kind === "open") {
      const waiting = this.#waiting;
      this.#end({ kind: "done" });
      waiting?.resolve({ done: true, value: undefined });
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): Item | undefined {
    const opening = this.#snapshot?.next();
    if (opening?.done === false) return opening.value;
    this.#snapshot = undefined;
    const entry = this.#items[this.#itemsRead];
    if (!entry) return undefined;
    this.#itemsRead++;
    this.#bytes -= entry.bytes;
    this.#compact();
    return entry.item;
  }

  /** Forgets what was read, seldom enough to be cheap. */
  #compact(): void {
    if (this.#itemsRead === this.#items.length) this.#items = [];
    else if (this.#itemsRead >= 1024) this.#items = this.#items.slice(this.#itemsRead);
    else return;
    this.#itemsRead = 0;
  }

  #end(state: State): void {
    this.#state = state;
    this.#snapshot = undefined;
    this.#items = [];
    this.#itemsRead = 0;
    this.#bytes = 0;
    this.#waiting = undefined;
    this.#onEnd();
  }
}

function tooSlow(count: number, bytes: number): ConnectError {
  return new ConnectError(
    `watcher too slow: ${count} events (${bytes} bytes) were waiting to be read`,
    Code.ResourceExhausted,
  );
}
