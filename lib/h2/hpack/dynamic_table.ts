import type { H2Field } from "../types.ts";

/** What an entry costs beyond its octets (RFC 7541 section 4.1). */
const entryOverhead = 32;

/** Octets of the table that both ends begin with (RFC 9113 section 6.5.2). */
export const defaultTableSize = 4096;

/** The size of a field as both the table and SETTINGS_MAX_HEADER_LIST_SIZE count it, in octets. */
export function fieldSize(name: string, value: string): number {
  return name.length + value.length + entryOverhead;
}

/**
 * The dynamic table (RFC 7541 section 2.3.2): newest entry first, oldest evicted. Entries are
 * numbered in order of insertion, so an encoder's notes on them survive later insertions.
 */
export class DynamicTable {
  #ring: (H2Field | undefined)[] = new Array(16).fill(undefined);
  #inserted = 0;
  #count = 0;
  #size = 0;
  #maxSize: number;

  /** `evicted` hears of every entry that leaves, with its number. */
  constructor(maxSize: number, readonly evicted?: (field: H2Field, serial: number) => void) {
    this.#maxSize = maxSize;
  }

  /** Entries present. */
  get count(): number {
    return this.#count;
  }

  /** Octets held, as section 4.1 counts them. */
  get size(): number {
    return this.#size;
  }

  /** Octets allowed. */
  get maxSize(): number {
    return this.#maxSize;
  }

  /** The entry at `position`, 0 being the newest. */
  at(position: number): H2Field | undefined {
    if (position >= this.#count) return undefined;
    return this.#ring[(this.#inserted - 1 - position) & (this.#ring.length - 1)];
  }

  /** The present position of the entry with number `serial`. */
  position(serial: number): number {
    return this.#inserted - 1 - serial;
  }

  /** Inserts a field and returns its number; one too big for the table empties it (section 4.4). */
  insert(field: H2Field): number | undefined {
    const size = fieldSize(field[0], field[1]);
    this.#evictTo(this.#maxSize - size);
    if (size > this.#maxSize) return undefined;
    if (this.#count === this.#ring.length) this.#widen();
    this.#ring[this.#inserted & (this.#ring.length - 1)] = field;
    this.#count++;
    this.#size += size;
    return this.#inserted++;
  }

  /** Changes the size allowed, evicting what no longer fits (section 4.3). */
  resize(maxSize: number): void {
    this.#maxSize = maxSize;
    this.#evictTo(maxSize);
  }

  #evictTo(size: number): void {
    while (this.#count > 0 && this.#size > size) {
      const serial = this.#inserted - this.#count;
      const slot = serial & (this.#ring.length - 1);
      const field = this.#ring[slot];
      this.#ring[slot] = undefined;
      this.#count--;
      if (field === undefined) continue;
      this.#size -= fieldSize(field[0], field[1]);
      this.evicted?.(field, serial);
    }
  }

  #widen(): void {
    const wide: (H2Field | undefined)[] = new Array(this.#ring.length * 2).fill(undefined);
    for (let serial = this.#inserted - this.#count; serial < this.#inserted; serial++) {
      wide[serial & (wide.length - 1)] = this.#ring[serial & (this.#ring.length - 1)];
    }
    this.#ring = wide;
  }
}
