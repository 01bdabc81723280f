/** Something that happens at a time, in at most one {@link DueQueue}. */
export class Due {
  /** @internal Breaks ties: who was added first comes first. */
  order = 0;
  /** @internal Where it is in its queue, or was. */
  place = 0;

  constructor(readonly at: number) {}
}

/** A call that is made at a time. */
export class DueCall extends Due {
  constructor(at: number, readonly run: () => void) {
    super(at);
  }
}

/**
 * What is due next, first; of one moment, in the order in which it was added. A binary heap whose
 * entries know their places: adding, taking and cancelling cost the logarithm of the length, and
 * nothing is held that was cancelled.
 */
export class DueQueue<T extends Due> {
  readonly #heap: T[] = [];
  #added = 0;

  /** Entries. */
  get size(): number {
    return this.#heap.length;
  }

  /** When the first entry is due; undefined when there is none. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  /** Adds an entry that is in no queue. */
  add(entry: T): void {
    entry.order = this.#added++;
    this.#rise(entry, this.#heap.length);
  }

  /** Takes an entry out. Doing so twice, or when it has been taken, does nothing. */
  cancel(entry: T): void {
    const { place } = entry;
    if (this.#heap[place] !== entry) return;
    const last = this.#heap.pop();
    if (!last || last === entry) return;
    this.#rise(last, place);
    if (last.place === place) this.#sink(last, place);
  }

  /** Removes and returns the first entry at or before `end`, if there is one. */
  take(end: number): T | undefined {
    const first = this.#heap[0];
    if (!first || first.at > end) return undefined;
    this.cancel(first);
    return first;
  }

  /** Puts an entry at a free place, or above it. */
  #rise(entry: T, place: number): void {
    let at = place;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above];
      if (!parent || !isBefore(entry, parent)) break;
      this.#put(parent, at);
      at = above;
    }
    this.#put(entry, at);
  }

  /** Puts an entry at a free place, or below it. */
  #sink(entry: T, place: number): void {
    let at = place;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [this.#heap[left], this.#heap[left + 1]];
      const child = a && b && isBefore(b, a) ? b : a;
      if (!child || !isBefore(child, entry)) break;
      const below = child.place;
      this.#put(child, at);
      at = below;
    }
    this.#put(entry, at);
  }

  #put(entry: T, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
