import type { EventData, EventKind, EventSource, MaglevEvent } from "./types.ts";

/** Events kept in memory (SPEC section 9). */
const defaultCapacity = 10_000;

/** Which events are asked for; what is absent does not matter. */
export interface EventFilter {
  /** Unix milliseconds, included. */
  readonly notBefore?: number | undefined;
  /** Unix milliseconds, not included. */
  readonly before?: number | undefined;
  /** About this backend. */
  readonly backend?: string | undefined;
  /** About this frontend, or about a backend that it uses. */
  readonly frontend?: string | undefined;
  /** One of these; all when empty. */
  readonly kinds?: readonly EventKind[] | undefined;
  /** By the name of whoever asked for it. */
  readonly actor?: string | undefined;
}

/** One page of the journal. */
export interface EventPage {
  /** In the order asked for. */
  readonly events: readonly MaglevEvent[];
  /** Pass it as `after` to go on; undefined when nothing is left. */
  readonly next: number | undefined;
}

/** What is to be listed. */
export interface EventQuery extends EventFilter {
  /** Newest first, or oldest first. */
  readonly order: "newest" | "oldest";
  /** At most so many events. */
  readonly limit: number;
  /** Go on behind the event of this number. */
  readonly after?: number | undefined;
}

/** The last events, in a ring. */
export class Journal implements Disposable {
  readonly #ring: MaglevEvent[] = [];
  readonly #unsubscribe: () => void;
  /** Index of the oldest once the ring is full. */
  #oldest = 0;
  /** Events up to this number are of before, be they kept or not. */
  #behind = 0;
  /** Number of the newest event that had to make room; 0 before the first. */
  #dropped = 0;
  /** Number of the newest event that was not worth being kept; 0 before the first. */
  #passed = 0;
  /** Backends whose states go on from before, and have not changed since. */
  #unchanged: Set<string> = new Set();

  /** Keeps what `events` tells from now on, at most `capacity` of it. */
  constructor(events: EventSource, private readonly capacity = defaultCapacity) {
    this.#unsubscribe = events.subscribe((event) => this.#keep(event));
  }

  /**
   * Begins with what was kept before, oldest first, and with that all events up to number `seq` are
   * told. Before the first event.
   */
  restore(events: readonly MaglevEvent[], seq: number): void {
    this.#behind = seq;
    for (const event of events.slice(-this.capacity)) this.#keep(event);
  }

  /**
   * The states of these backends are known from before. That maglevd has a weight of its own for
   * them, when a probe has proved that right, changes nothing and is not kept: with many backends a
   * restart would push out whatever has happened before it.
   */
  goOnWith(backends: Iterable<string>): void {
    this.#unchanged = new Set(backends);
  }

  /** Keeps nothing more. What is there can still be read. */
  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  /** Events kept. */
  get size(): number {
    return this.#ring.length;
  }

  /** Number of the oldest event kept; undefined before the first. */
  get oldestSeq(): number | undefined {
    return this.#at(0)?.seq;
  }

  /** Number of the newest event that was told; 0 before the first. */
  get newestSeq(): number {
    return Math.max(this.#behind, this.#passed, this.#at(this.size - 1)?.seq ?? 0);
  }

  /** Number of the newest event that had to make room for others; 0 before the first. */
  get droppedSeq(): number {
    return this.#dropped;
  }

  /**
   * All events behind number `seq`, oldest first; undefined when some of them are not kept any
   * more, or `seq` has not been reached, so that whoever asks has to begin with a snapshot.
   */
  since(seq: number): readonly MaglevEvent[] | undefined {
    const newest = this.newestSeq;
    if (seq === newest) return [];
    const oldest = this.oldestSeq;
    if (oldest === undefined || seq > newest || seq < oldest - 1) return undefined;
    if (seq < this.#passed) return undefined;
    return this.#slice(this.#placeBehind(seq));
  }

  /** One page of what the query asks for. */
  list(query: EventQuery): EventPage {
    const events: MaglevEvent[] = [];
    const step = query.order === "oldest" ? 1 : -1;
    for (let i = this.#start(query); i >= 0 && i < this.size; i += step) {
      const event = this.#at(i);
      if (!event || !isAskedFor(event, query)) continue;
      if (events.length === query.limit) return { events, next: events.at(-1)?.seq };
      events.push(event);
    }
    return { events, next: undefined };
  }

  /** Where a query begins, as a place in the order of age. */
  #start({ order, after }: EventQuery): number {
    if (order === "oldest") return after === undefined ? 0 : this.#placeBehind(after);
    return after === undefined ? this.size - 1 : this.#placeBehind(after - 1) - 1;
  }

  /** The place of the first event with a higher number: between two runs numbers may be missing. */
  #placeBehind(seq: number): number {
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#at(middle)?.seq ?? 0) > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #keep(event: MaglevEvent): void {
    if (event.kind === "backend") this.#unchanged.delete(event.backend);
    if (this.#provesRight(event)) {
      this.#passed = event.seq;
      return;
    }
    if (this.#ring.length < this.capacity) {
      this.#ring.push(event);
      return;
    }
    this.#dropped = this.#ring[this.#oldest]?.seq ?? 0;
    this.#ring[this.#oldest] = event;
    this.#oldest = (this.#oldest + 1) % this.capacity;
  }

  /** Whether an event says no more than that a weight of before was right. */
  #provesRight(event: MaglevEvent): boolean {
    if (event.kind !== "weight" || event.cause.kind !== "probe" || event.flush) return false;
    const { configured, effective: { from, to } } = event;
    return configured.from === configured.to && from === "kept" && to !== "absent" &&
      this.#unchanged.has(event.backend);
  }

  /** The event at this place in the order of age, 0 for the oldest. */
  #at(place: number): MaglevEvent | undefined {
    return this.#ring[(this.#oldest + place) % Math.max(1, this.#ring.length)];
  }

  #slice(place: number): MaglevEvent[] {
    const events: MaglevEvent[] = [];
    for (let i = place; i < this.size; i++) {
      const event = this.#at(i);
      if (event) events.push(event);
    }
    return events;
  }
}

/** Whether an event is one that the filter lets through. */
export function isAskedFor(event: MaglevEvent, filter: EventFilter): boolean {
  const { notBefore, before, backend, frontend, kinds, actor } = filter;
  if (notBefore !== undefined && event.at < notBefore) return false;
  if (before !== undefined && event.at >= before) return false;
  if (kinds && kinds.length > 0 && !kinds.includes(event.kind)) return false;
  if (actor !== undefined && event.actor?.name !== actor) return false;
  if (backend !== undefined && !backendsOf(event).includes(backend)) return false;
  return frontend === undefined || frontendsOf(event).includes(frontend);
}

/** The backends that an event is about. */
function backendsOf(event: MaglevEvent): readonly string[] {
  if (event.kind === "reload") return changed(event, "backend");
  return "backend" in event && event.backend !== "" ? [event.backend] : [];
}

/** The frontends that an event is about. */
function frontendsOf(event: MaglevEvent): readonly string[] {
  if (event.kind === "reload") return changed(event, "frontend");
  if ("frontends" in event) return event.frontends;
  return "frontend" in event && event.frontend !== "" ? [event.frontend] : [];
}

function changed(event: EventData<"reload">, kind: "backend" | "frontend"): string[] {
  if (event.result === "rejected") return [];
  return event.changes.filter((change) => change.kind === kind).map(({ name }) => name);
}
