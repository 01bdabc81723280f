import type { LogAttributes, Logger } from "../log/mod.ts";
import type { Clock, Timer } from "../time/mod.ts";
import type { CheckerEvent } from "./types.ts";

/** How long events are delivered before the event loop has its turn. */
const budgetMs = 4;

/** Calls of one subscription. Compared by identity: one function may subscribe twice. */
interface Subscription {
  readonly listener: (event: CheckerEvent) => void;
}

/** An event and what goes with it. */
export interface Announcement {
  readonly event: CheckerEvent;
  /** Of its log record, `<kind>-transition`; undefined for events that are not logged. */
  readonly attributes?: LogAttributes;
  /** Called when all have been told. */
  readonly delivered?: () => void;
}

/**
 * Logs events and tells subscribers, each event to all before the next. Usually at once; while
 * a listener runs, or after a reload that changed a great deal, a little later, in order.
 */
export class EventQueue {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #subscriptions = new Set<Subscription>();
  #pending: Announcement[] = [];
  /** Index of the next one to deliver. */
  #next = 0;
  #delivering = false;
  #later: Timer | undefined;
  #closed = false;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Calls `listener` for each later event until the returned function is called. */
  subscribe(listener: (event: CheckerEvent) => void): () => void {
    const subscription = { listener };
    this.#subscriptions.add(subscription);
    return () => void this.#subscriptions.delete(subscription);
  }

  /** Adds events that belong together: nothing comes between them. */
  push(announcements: readonly Announcement[]): void {
    for (const announcement of announcements) this.#pending.push(announcement);
    if (this.#closed) this.#drop();
    else if (!this.#delivering && !this.#later) this.#deliver();
  }

  /** Tells nobody anything any more. */
  close(): void {
    this.#closed = true;
    this.#later?.cancel();
    this.#later = undefined;
    this.#subscriptions.clear();
    this.#drop();
  }

  /** Nobody is told, but nobody is left waiting either. */
  #drop(): void {
    const dropped = this.#pending.slice(this.#next);
    this.#pending = [];
    this.#next = 0;
    for (const { delivered } of dropped) delivered?.();
  }

  #deliver(): void {
    this.#delivering = true;
    this.#later = undefined;
    const end = this.#clock.now() + budgetMs;
    for (let next = this.#pending[this.#next]; next; next = this.#pending[this.#next]) {
      if (this.#clock.now() > end) {
        this.#later = this.#clock.after(0, () => this.#deliver());
        break;
      }
      this.#next++;
      this.#tell(next);
    }
    this.#delivering = false;
    if (!this.#later) {
      this.#pending = [];
      this.#next = 0;
    }
  }

  #tell({ event, attributes, delivered }: Announcement): void {
    if (attributes) this.#log.info(`${event.kind}-transition`, attributes);
    // A copy: who subscribes meanwhile begins with the next event.
    for (const subscription of [...this.#subscriptions]) {
      if (!this.#subscriptions.has(subscription)) continue;
      try {
        subscription.listener(event);
      } catch (error) {
        this.#log.error("checker-listener-failed", { event: event.kind, err: String(error) });
      }
    }
    delivered?.();
  }
}
