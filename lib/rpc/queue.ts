import type { ConnectError } from "@connectrpc/connect";
import type { Budget } from "../port/mod.ts";
import type { Polling } from "./answer.ts";
import { exhausted } from "./errors.ts";

/** How far a reader may fall behind. */
export interface QueueLimits {
  /** Messages waiting. */
  readonly count: number;
  /** Bytes waiting, as they would be on the wire. */
  readonly bytes: number;
}

/** A queue of whatever items, as others who want room see it. */
export type Sheddable = Pick<EventQueue<object>, "bytes" | "shed">;

/** What a queue is doing. */
type State =
  | { readonly kind: "open" }
  /** Cut off or closed: the next read throws, the ones after it are done. */
  | { readonly kind: "failed"; readonly error: ConnectError }
  | { readonly kind: "done" };

/**
 * Messages on their way to one reader: first those of a snapshot, then what is pushed. Pushing
 * never waits; a reader that falls too far behind loses what was queued and gets
 * ResourceExhausted instead. The snapshot does not count, since all readers share it.
 */
export class EventQueue<Item extends object> implements AsyncIterableIterator<Item>, Polling<Item> {
  #state: State = { kind: "open" };
  #snapshot: Iterator<Item> | undefined;
  #items: Item[] = [];
  /** Of each item; a list of its own, since an object for each pair would cost five times that. */
  #sizes: number[] = [];
  #itemsRead = 0;
  #bytes = 0;
  #waiting: PromiseWithResolvers<IteratorResult<Item>> | undefined;

  /** `onEnd` is called once, when nothing more can be read; `room` is what it shares with others. */
  constructor(
    snapshot: Iterable<Item>,
    private readonly limits: QueueLimits,
    private readonly onEnd: () => void,
    private readonly room?: Backlog,
  ) {
    this.#snapshot = snapshot[Symbol.iterator]();
    room?.queues.add(this);
  }

  /** Queues one message that takes `bytes` on the wire. */
  push(item: Item, bytes: number): void {
    if (this.#state.kind !== "open") return;
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      return resolve({ done: false, value: item });
    }
    if (this.room?.add(item, bytes, this) === false) return;
    this.#items.push(item);
    this.#sizes.push(bytes);
    this.#bytes += bytes;
    if (this.backlog > this.limits.count || this.#bytes > this.limits.bytes) this.shed();
  }

  /** Whether it is the snapshot that is being read, which may be long and is there at once. */
  get isOpening(): boolean {
    return this.#snapshot !== undefined;
  }

  /** Messages waiting, the snapshot's not counted. */
  get backlog(): number {
    return this.#items.length - this.#itemsRead;
  }

  /** Bytes waiting, the snapshot's not counted. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Cuts its reader off, who is too slow. */
  shed(): void {
    const waiting = `${this.backlog} events (${this.#bytes} bytes) were waiting to be read`;
    this.fail(exhausted(`watcher too slow: ${waiting}`));
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
        this.#waiting = Promise.withResolvers();
        return this.#waiting.promise;
      }
    }
  }

  /** The next message if there is one. */
  poll(): Item | undefined {
    return this.#take();
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
    const item = this.#items[this.#itemsRead];
    if (!item) return undefined;
    const bytes = this.#sizes[this.#itemsRead] ?? 0;
    this.#bytes -= bytes;
    this.#itemsRead++;
    this.room?.remove(item, bytes);
    this.#compact();
    return item;
  }

  /** Forgets what was read, seldom enough to be cheap. */
  #compact(): void {
    if (this.#itemsRead < Math.min(this.#items.length, 1024)) return;
    this.#items = this.#items.slice(this.#itemsRead);
    this.#sizes = this.#sizes.slice(this.#itemsRead);
    this.#itemsRead = 0;
  }

  #end(state: State): void {
    this.#state = state;
    this.#snapshot = undefined;
    this.room?.queues.delete(this);
    for (const [i, item] of this.#items.entries()) {
      if (i >= this.#itemsRead) this.room?.remove(item, this.#sizes[i] ?? 0);
    }
    this.#items = [];
    this.#sizes = [];
    this.#itemsRead = 0;
    this.#bytes = 0;
    this.onEnd();
  }
}

/** What a queue keeps of an event: a reference and a size, in lists that grow by halves. */
const entryBytes = 16;

/**
 * What watchers of one kind, strangers or this machine's own, together have not read yet. An event
 * that waits in several queues is there once. When there is no more room, whoever is furthest
 * behind is cut off, which need not be the one that the event is for.
 */
export class Backlog {
  /** Those that share it now, whoever came first before others. */
  readonly queues = new Set<Sheddable>();
  /** In how many queues an event waits. */
  readonly #waiting = new Map<object, number>();

  /** `budget` is in bytes. */
  constructor(private readonly budget: Budget) {}

  /**
   * Takes what it costs that an event of `bytes` waits in `queue`. False if there is no room and
   * `queue`, the longest, had to end.
   */
  add(event: object, bytes: number, queue: Sheddable): boolean {
    const cost = () => entryBytes + (this.#waiting.has(event) ? 0 : bytes);
    while (!this.budget.take(cost())) {
      const longest = this.#longest() ?? queue;
      longest.shed();
      if (longest === queue) return false;
    }
    this.#waiting.set(event, (this.#waiting.get(event) ?? 0) + 1);
    return true;
  }

  /** Gives it back. */
  remove(event: object, bytes: number): void {
    const left = (this.#waiting.get(event) ?? 0) - 1;
    if (left > 0) this.#waiting.set(event, left);
    else this.#waiting.delete(event);
    this.budget.give(entryBytes + (left > 0 ? 0 : bytes));
  }

  /** Who is furthest behind; nobody if nothing waits for anybody. */
  #longest(): Sheddable | undefined {
    let longest: Sheddable | undefined;
    for (const queue of this.queues) {
      if (queue.bytes > (longest?.bytes ?? 0)) longest = queue;
    }
    return longest;
  }
}
