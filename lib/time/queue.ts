/** Something that happens at a time. */
export interface Due {
  readonly at: number;
  /** Breaks ties: lower first. */
  readonly order: number;
  /** Set by the queue: it is not in there any more, or not for long. */
  cancelled: boolean;
}

/**
 * What is due next, first. A binary heap: adding and taking cost the logarithm of the length.
 * Cancelled entries stay until they surface, or until they are the majority and all are dropped.
 */
export class DueQueue<T extends Due> {
  #heap: T[] = [];
  #cancelled = 0;

  /** Entries not cancelled. */
  get size(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** @internal All that are held, those included that are cancelled. */
  get held(): number {
    return this.#heap.length;
  }

  add(entry: T): void {
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  /** Takes an entry out of the queue. Doing so twice, or when it has been taken, does nothing. */
  cancel(entry: T): void {
    if (entry.cancelled) return;
    entry.cancelled = true;
    this.#cancelled++;
    if (this.#cancelled > 64 && this.#cancelled > this.#heap.length / 2) this.#sweep();
  }

  /** When the first entry is due; undefined when there is none. */
  get next(): number | undefined {
    for (let first = this.#heap[0]; first?.cancelled; first = this.#heap[0]) {
      this.#removeFirst();
      this.#cancelled--;
    }
    return this.#heap[0]?.at;
  }

  /** Removes and returns the first entry at or before `end`, if there is one. */
  take(end: number): T | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (!first || (!first.cancelled && first.at > end)) return undefined;
      this.#removeFirst();
      if (first.cancelled) this.#cancelled--;
      else {
        first.cancelled = true;
        return first;
      }
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink(0);
  }

  #sweep(): void {
    this.#heap = this.#heap.filter((entry) => !entry.cancelled);
    this.#cancelled = 0;
    for (let i = (this.#heap.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #rise(start: number): void {
    for (let i = start; i > 0;) {
      const parent = (i - 1) >> 1;
      if (!this.#swapIfBefore(i, parent)) return;
      i = parent;
    }
  }

  #sink(start: number): void {
    const heap = this.#heap;
    for (let i = start;;) {
      const left = 2 * i + 1;
      const [a, b] = [heap[left], heap[left + 1]];
      const child = a && b && isBefore(b, a) ? left + 1 : left;
      if (!this.#swapIfBefore(child, i)) return;
      i = child;
    }
  }

  /** Whether it has exchanged two entries, both of which there are, as the first comes before. */
  #swapIfBefore(child: number, parent: number): boolean {
    const heap = this.#heap;
    const [a, b] = [heap[child], heap[parent]];
    if (!a || !b || !isBefore(a, b)) return false;
    heap[child] = b;
    heap[parent] = a;
    return true;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
