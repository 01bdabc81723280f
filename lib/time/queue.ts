/** Something that happens at a time. */
export interface Due {
  readonly at: number;
  /** Breaks ties: lower first. */
  readonly order: number;
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

  add(entry: T): void {
    this.#heap.push(entry);
    this.#rise(this.#heap.length - 1);
  }

  /** Takes an entry that is in the queue out of it. Doing so twice does nothing. */
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
      if (!first.cancelled) return first;
      this.#cancelled--;
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
    for (let i = start;;) {
      const left = 2 * i + 1;
      const child = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfBefore(child, i)) return;
      i = child;
    }
  }

  #swapIfBefore(child: number, parent: number): boolean {
    if (!this.#isBefore(child, parent)) return false;
    const heap = this.#heap;
    const [a, b] = [heap[child], heap[parent]];
    if (!a || !b) return false;
    heap[child] = b;
    heap[parent] = a;
    return true;
  }

  #isBefore(i: number, j: number): boolean {
    const [a, b] = [this.#heap[i], this.#heap[j]];
    if (!a || !b) return false;
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }
}
