/**
 * VPP's stats segment, version 2, as its writer sees it (src/vlib/stats). Memory is handed out
 * front to back and never reused; what a reader may still point at after a move is overwritten
 * with a pattern, so that trusting an old offset shows.
 */

/** Kinds of directory entry by their number. */
export const entryTypes = {
  scalar: 1,
  simple: 2,
  combined: 3,
  names: 4,
  empty: 5,
  symlink: 6,
  gauge: 9,
} as const;

/** Per-thread vectors in the directory. */
interface Counters {
  /** u64s per element: 1, or 2 for packets and bytes. */
  readonly words: 1 | 2;
  /** Where the vector of threads lies. */
  readonly threadsAt: number;
  /** Where each thread's elements lie. */
  readonly at: number[];
  length: number;
  /** Elements that the allocation has place for. */
  capacity: number;
}

const headerBytes = 64;
const entryBytes = 144;
const vectorHeaderBytes = 16;
const cacheLine = 64;
/** What the allocator keeps of a piece of memory for itself. */
const chunkHeaderBytes = 8;
const poison = 0xdb;

/** The segment in `buffer`, which begins zeroed. */
export class SegmentWriter {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #counters = new Map<string, Counters>();
  readonly #index = new Map<string, number>();
  #free = headerBytes;
  #directoryAt = 0;
  #directoryRoom = 0;
  #writers = 0;

  /** `base` is where VPP says it has mapped the segment: every pointer in it is relative to that. */
  constructor(buffer: ArrayBuffer, readonly base: bigint, readonly threads: number) {
    this.#view = new DataView(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.#word(0, 2n);
    this.#word(8, base);
    this.#growDirectory(64);
  }

  /** Names and entry numbers so far. */
  get directory(): ReadonlyMap<string, number> {
    return this.#index;
  }

  /** A scalar or gauge; setting one that exists only changes its value. */
  set(type: "scalar" | "gauge", name: string, value: number): void {
    const entry = this.#index.get(name) ?? this.#add(entryTypes[type], name);
    this.#word(this.#entryAt(entry) + 8, BigInt(value));
  }

  /** Counters for every thread, `length` each. Adding what exists does nothing. */
  addCounters(type: "simple" | "combined", name: string, length: number): void {
    if (this.#counters.has(name)) return;
    const threadsAt = this.#vector(this.threads, 8);
    const words = type === "simple" ? 1 : 2;
    const entry = this.#add(entryTypes[type], name);
    this.#counters.set(name, { words, threadsAt, at: [], length: 0, capacity: 0 });
    this.#word(this.#entryAt(entry) + 8, this.base + BigInt(threadsAt));
    this.grow(name, length);
  }

  /** A vector of C strings. */
  addNames(name: string, names: readonly string[]): void {
    const at = this.#vector(names.length, 8);
    for (const [i, text] of names.entries()) {
      const bytes = new TextEncoder().encode(`${text}\0`);
      const textAt = this.#vector(bytes.length, 1);
      this.#bytes.set(bytes, textAt);
      this.#word(at + 8 * i, this.base + BigInt(textAt));
    }
    const entry = this.#add(entryTypes.names, name);
    this.#word(this.#entryAt(entry) + 8, this.base + BigInt(at));
  }

  /** Another name for element `index` of every thread of `target`. */
  addSymlink(name: string, target: string, index: number): void {
    const to = this.#index.get(target);
    if (to === undefined) throw new Error(`no stats entry "${target}" to link ${name} to`);
    const at = this.#entryAt(this.#add(entryTypes.symlink, name));
    this.#view.setUint32(at + 8, to, true);
    this.#view.setUint32(at + 12, index, true);
  }

  /**
   * Makes the vectors `length` elements long (stats.c, vlib_stats_validate). Only what does not
   * fit into what was allocated is moved, and only that changes the epoch: within their capacity
   * vectors get longer in place, and no reader is told.
   */
  grow(name: string, length: number): void {
    const counters = this.#find(name);
    if (length <= counters.length) return;
    if (length <= counters.capacity) return this.#lengthen(counters, length);
    this.change(() => {
      this.#move(counters, length);
      this.#lengthen(counters, length);
    });
  }

  /** Adds to one thread's element: packets and bytes, or one count. */
  count(name: string, thread: number, index: number, ...amounts: number[]): void {
    const counters = this.#find(name);
    const at = this.#elementAt(counters, thread, index);
    for (const [i, amount] of amounts.entries()) {
      this.#word(at + 8 * i, this.#view.getBigUint64(at + 8 * i, true) + BigInt(amount));
    }
  }

  /** Sets an element to 0 in every thread. */
  zero(name: string, index: number): void {
    const counters = this.#find(name);
    for (let thread = 0; thread < this.threads; thread++) {
      const at = this.#elementAt(counters, thread, index);
      this.#bytes.fill(0, at, at + 8 * counters.words);
    }
  }

  /** The sum of an element's first words over all threads, 0 for what does not exist. */
  sum(name: string, index: number): bigint {
    const counters = this.#counters.get(name);
    if (!counters || index >= counters.length) return 0n;
    return counters.at.reduce(
      (sum, at) => sum + this.#view.getBigUint64(at + 8 * counters.words * index, true),
      0n,
    );
  }

  /** Runs a change of the layout as VPP does: in_progress around it, the next epoch behind it. */
  change(run: () => void): void {
    const end = this.beginChange();
    run();
    end();
  }

  /** Marks a change as in progress until the returned function is called. */
  beginChange(): () => void {
    this.#writers++;
    this.#word(24, 1n);
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#word(16, this.#view.getBigUint64(16, true) + 1n);
      if (--this.#writers === 0) this.#word(24, 0n);
    };
  }

  #find(name: string): Counters {
    const counters = this.#counters.get(name);
    if (!counters) throw new Error(`no stats counters "${name}"`);
    return counters;
  }

  #elementAt(counters: Counters, thread: number, index: number): number {
    const at = counters.at[thread];
    if (at === undefined || index >= counters.length) {
      throw new RangeError(`no element ${index} of thread ${thread}`);
    }
    return at + 8 * counters.words * index;
  }

  /** As VPP does, says in the header too how many more elements fit (vec_bootstrap.h, grow_elts). */
  #lengthen(counters: Counters, length: number): void {
    counters.length = length;
    for (const at of counters.at) {
      this.#view.setUint32(at - 8, length, true);
      this.#view.setUint8(at - 2, Math.min(255, counters.capacity - length));
    }
  }

  #move(counters: Counters, length: number): void {
    const capacity = capacityFor(length, 8 * counters.words, counters.length > 0);
    for (let thread = 0; thread < this.threads; thread++) {
      const to = this.#vector(capacity, 8 * counters.words);
      const from = counters.at[thread];
      if (from !== undefined) this.#relocate(from, to, 8 * counters.words * counters.length);
      counters.at[thread] = to;
      this.#word(counters.threadsAt + 8 * thread, this.base + BigInt(to));
    }
    counters.capacity = capacity;
  }

  #add(type: number, name: string): number {
    const entry = this.#index.size;
    this.change(() => {
      if (entry === this.#directoryRoom) this.#growDirectory(2 * entry);
      this.#index.set(name, entry);
      const at = this.#entryAt(entry);
      this.#view.setUint32(at, type, true);
      this.#bytes.set(new TextEncoder().encode(name).subarray(0, 127), at + 16);
      this.#view.setUint32(this.#directoryAt - 8, entry + 1, true);
    });
    return entry;
  }

  #growDirectory(room: number): void {
    const to = this.#vector(room, entryBytes);
    const length = this.#index.size;
    this.#view.setUint32(to - 8, length, true);
    if (this.#directoryAt > 0) this.#relocate(this.#directoryAt, to, entryBytes * length);
    this.#directoryAt = to;
    this.#directoryRoom = room;
    this.#word(32, this.base + BigInt(to));
  }

  #relocate(from: number, to: number, bytes: number): void {
    this.#bytes.copyWithin(to, from, from + bytes);
    this.#bytes.fill(poison, from - vectorHeaderBytes, from + bytes);
  }

  #entryAt(entry: number): number {
    return this.#directoryAt + entryBytes * entry;
  }

  /** Room for a vector and the header before it; returns where its data begins. */
  #vector(length: number, elementBytes: number): number {
    const at = Math.ceil((this.#free + vectorHeaderBytes) / cacheLine) * cacheLine;
    this.#free = at + length * elementBytes;
    if (this.#free > this.#bytes.length) {
      throw new RangeError(`the stats segment of ${this.#bytes.length} bytes is full`);
    }
    this.#view.setUint32(at - 8, length, true);
    return at;
  }

  #word(at: number, value: bigint): void {
    this.#view.setBigUint64(at, value, true);
  }
}

/**
 * How many elements VPP's allocator gives to a vector that needs `length` of them. One that was
 * there before asks for half as many again (vec.c, _vec_realloc_internal); what the allocator
 * rounds up to whole cache lines, the header's own included, can be used as well. This gives the
 * 7, 15 and 43 that recorded segments have.
 */
function capacityFor(length: number, elementBytes: number, isGrowing: boolean): number {
  const wanted = length * elementBytes;
  const asked = cacheLine + wanted + (isGrowing ? Math.floor(wanted / 2) : 0);
  const chunk = Math.ceil((asked + chunkHeaderBytes) / cacheLine) * cacheLine;
  return Math.floor((chunk - chunkHeaderBytes - cacheLine) / elementBytes);
}
