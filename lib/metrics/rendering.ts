/** Told about a rendering. */
export interface RenderingListener {
  /** It wants to hold so many octets more; without room for them it has been cut. */
  room(octets: number): boolean;
  /** It holds so many octets less. */
  freed(octets: number): void;
  /** It is all there. Who asks gets it until it is {@link Rendering.closeNow closed}. */
  complete(): void;
  /** Who asks now gets another. */
  closed(): void;
  /** Nobody reads it any more, or can. */
  left(): void;
}

/** One reader's place in a rendering. */
interface Reader {
  /** The part that it has been given last, or waits for. */
  index: number;
  /** Why it gets no more, once it has been cut off. */
  error: Error | undefined;
}

type State =
  | { readonly kind: "running" | "complete" }
  | { readonly kind: "broken"; readonly error: unknown };

/**
 * A scrape, rendered once for all who read it, however fast. It is made at its own pace, so that a
 * slow reader holds up neither it nor the others. Whoever asks before it is closed reads it from its
 * beginning; after that, what all readers have passed is let go of.
 */
export class Rendering {
  readonly #source: AsyncIterator<Uint8Array>;
  /** Its parts in order, but for those before {@link #kept}. */
  readonly #parts: (Uint8Array | undefined)[] = [];
  readonly #waiting = new Set<() => void>();
  readonly #readers = new Set<Reader>();
  /** How many readers are at each part. */
  readonly #readersAt: number[] = [];
  /** The part that the slowest reader is at. */
  #slowest = 0;
  /** So many parts, the first ones, were given to a reader. */
  #given = 0;
  #kept = 0;
  #isOpen = true;
  #state: State = { kind: "running" };
  #octets = 0;

  /** Begins at once. What `source` throws, all readers get. */
  constructor(source: AsyncIterable<Uint8Array>, private readonly listener: RenderingListener) {
    this.#source = source[Symbol.asyncIterator]();
    void this.#run();
  }

  /** What it holds. */
  get octets(): number {
    return this.#octets;
  }

  /** All of it from the beginning, for one reader. Only until it is closed. */
  read(): AsyncIterableIterator<Uint8Array> {
    const reader: Reader = { index: 0, error: undefined };
    this.#readers.add(reader);
    this.#readersAt[0] = (this.#readersAt[0] ?? 0) + 1;
    this.#slowest = 0;
    let next = 0;
    let isOver = false;
    const leave = (): IteratorResult<Uint8Array> => {
      isOver = true;
      this.#leave(reader);
      return { done: true, value: undefined };
    };
    return {
      next: async () => {
        if (isOver) return { done: true, value: undefined };
        const index = next++;
        const got = this.#part(reader, index);
        reader.index = index;
        const value = await got;
        return value ? { done: false, value } : leave();
      },
      return: () => Promise.resolve(leave()),
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Takes no further readers, and lets go of what all have passed; false if that is nothing. */
  close(): boolean {
    if (this.#slowest <= this.#kept) return false;
    this.closeNow();
    return true;
  }

  /** Takes no further readers. */
  closeNow(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.listener.closed();
    this.#letGo();
  }

  /** Ends it for its slowest readers; the others go on. */
  cutSlowest(error: Error): void {
    const slowest = [...this.#readers].filter(({ index }) => index === this.#slowest);
    for (const reader of slowest) {
      reader.error = error;
      this.#leave(reader);
    }
    this.#wake();
  }

  /** Ends it for all its readers. */
  cut(error: Error): void {
    if (this.#state.kind !== "broken") this.#break(error);
  }

  async #run(): Promise<void> {
    try {
      for (let part = await this.#pull(); part; part = await this.#pull()) {
        if (!this.listener.room(part.length)) break;
        this.#parts.push(part);
        this.#octets += part.length;
        this.#wake();
      }
      const isWhole = this.#state.kind === "running";
      if (isWhole) this.#state = { kind: "complete" };
      else await this.#source.return?.();
      this.#wake();
      if (isWhole) this.listener.complete();
    } catch (error) {
      this.#break(error);
      this.listener.left();
    }
  }

  /** The next part; undefined if there is none, or nobody who would read it. */
  async #pull(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.#source.next();
    return done || this.#state.kind !== "running" ? undefined : value;
  }

  #break(error: unknown): void {
    this.#state = { kind: "broken", error };
    for (const part of this.#parts.splice(0).slice(this.#given)) freeAtOnce(part);
    this.listener.freed(this.#octets);
    this.#octets = 0;
    this.#wake();
    this.closeNow();
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  async #part(reader: Reader, index: number): Promise<Uint8Array | undefined> {
    this.#move(index - 1, index);
    for (;;) {
      if (reader.error) throw reader.error;
      if (this.#state.kind === "broken") throw this.#state.error;
      const part = this.#parts[index];
      if (part) this.#given = Math.max(this.#given, index + 1);
      if (part || this.#state.kind === "complete") return part;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Says that a reader has done with one part and is at another; before the first is none. */
  #move(from: number, to: number | undefined): void {
    if (from >= 0) this.#readersAt[from] = (this.#readersAt[from] ?? 1) - 1;
    if (from >= 0 && to !== undefined) this.#readersAt[to] = (this.#readersAt[to] ?? 0) + 1;
    while (this.#slowest < this.#parts.length && !this.#readersAt[this.#slowest]) this.#slowest++;
    if (!this.#isOpen) this.#letGo();
  }

  /** Lets go of what all readers have passed. */
  #letGo(): void {
    for (; this.#kept < this.#slowest; this.#kept++) {
      const octets = this.#parts[this.#kept]?.length ?? 0;
      this.#parts[this.#kept] = undefined;
      this.#octets -= octets;
      this.listener.freed(octets);
    }
  }

  #leave(reader: Reader): void {
    if (!this.#readers.delete(reader)) return;
    this.#move(reader.index, undefined);
    if (this.#readers.size > 0) return;
    this.cut(new Error("nobody reads it"));
    this.listener.left();
  }
}

/**
 * Frees octets that nobody has a hand on, instead of some day: a collector of garbage lets a hundred
 * megabytes of them lie, which is what six large scrapes a second that nobody reads come to.
 */
function freeAtOnce(part: Uint8Array | undefined): void {
  if (part?.buffer instanceof ArrayBuffer) part.buffer.transfer(0);
}
