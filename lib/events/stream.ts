import { type Logger, reasonOf } from "../log/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import type { EventSink, EventSource, MaglevEvent, NewEvent } from "./types.ts";

/** How long events are delivered before the event loop has its turn. */
const budgetMs = 4;

/** Calls of one subscription. Compared by identity: one function may subscribe twice. */
interface Subscription {
  readonly listener: (event: MaglevEvent) => void;
}

/** What waits its turn: an event, or somebody who wants to know that all before were told. */
type Pending = MaglevEvent | (() => void);

/**
 * The one place where events are numbered and told, each to all listeners before the next. Usually
 * at once; while a listener runs, or after a reload that changed a great deal, a little later, in
 * order. A listener that throws is logged and kept.
 */
export class EventStream implements EventSource, EventSink, Disposable {
  readonly #subscriptions = new Set<Subscription>();
  #pending: Pending[] = [];
  /** Index of the next one to deliver. */
  #next = 0;
  #seq = 0;
  #lastAsked = 0;
  #delivering = false;
  /** How many have what is emitted wait although nothing is being told. */
  #held = 0;
  #later: Timer | undefined;
  #closed = false;

  /** `clock` stamps events and gives the event loop its turns. */
  constructor(private readonly clock: Clock, private readonly log: Logger) {}

  /** The number of the last event, told or about to be. */
  get lastSeq(): number {
    return this.#seq;
  }

  /** The number of the last that somebody has brought about by asking for it; of no audit. */
  get lastAsked(): number {
    return this.#lastAsked;
  }

  /** Numbers events behind `seq` from now on, so that numbers go on over a restart. Before the first. */
  goOnBehind(seq: number): void {
    if (this.#seq > 0) throw new RangeError(`events up to ${this.#seq} have been numbered already`);
    this.#seq = seq;
  }

  /** Calls `listener` for each event told from now on, until the returned function is called. */
  subscribe(listener: (event: MaglevEvent) => void): () => void {
    const subscription = { listener };
    this.#subscriptions.add(subscription);
    return () => void this.#subscriptions.delete(subscription);
  }

  /** Adds events that belong together: nothing comes between them. */
  emit(events: readonly NewEvent[]): void {
    const at = this.clock.wall();
    for (const each of events) {
      this.#pending.push({ ...each, at, seq: ++this.#seq });
      if (isAsked(each)) this.#lastAsked = this.#seq;
    }
    this.#kick();
  }

  /** Does work that emits a great deal, maybe over many turns, and tells that from the next one on. */
  async tellAfter(work: () => void | Promise<void>): Promise<void> {
    this.#held++;
    try {
      await work();
      await this.clock.turn.next(true);
    } finally {
      this.#held--;
      this.#kick();
    }
    await this.told();
  }

  /** Resolves when everything emitted so far has been told, or never will be. */
  told(): Promise<void> {
    return new Promise((resolve) => {
      this.#pending.push(resolve);
      this.#kick();
    });
  }

  /** Tells nobody anything any more, but leaves nobody waiting either. */
  close(): void {
    this.#closed = true;
    this.#later?.cancel();
    this.#later = undefined;
    this.#subscriptions.clear();
    this.#drop();
  }

  /** Same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #kick(): void {
    if (this.#closed) this.#drop();
    else if (!this.#delivering && this.#held === 0 && !this.#later) this.#deliver();
  }

  #drop(): void {
    const dropped = this.#pending.splice(0).slice(this.#next);
    this.#next = 0;
    for (const each of dropped) if (typeof each === "function") each();
  }

  #deliver(): void {
    this.#later = undefined;
    // Who holds them has others told as well, in order.
    if (this.#held > 0) return;
    this.#delivering = true;
    const end = this.clock.now() + budgetMs;
    for (let next = this.#pending[this.#next]; next; next = this.#pending[this.#next]) {
      if (this.clock.now() > end) {
        this.#later = this.clock.after(0, () => this.#deliver());
        break;
      }
      this.#next++;
      if (typeof next === "function") next();
      else this.#tell(next);
    }
    this.#delivering = false;
    if (!this.#later) {
      this.#pending = [];
      this.#next = 0;
    }
  }

  #tell(event: MaglevEvent): void {
    // A copy: who subscribes meanwhile begins with the next event.
    for (const subscription of [...this.#subscriptions]) {
      if (!this.#subscriptions.has(subscription)) continue;
      try {
        subscription.listener(event);
      } catch (error) {
        const stack = error instanceof Error ? error.stack : undefined;
        this.log.error("event-listener-failed", {
          event: event.kind,
          err: reasonOf(error),
          stack,
        });
      }
    }
  }
}

function isAsked({ kind, cause }: NewEvent): boolean {
  return kind !== "audit" && (cause.kind === "operator" || cause.kind === "config");
}
