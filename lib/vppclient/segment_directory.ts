import { VppError } from "./errors.ts";

/** Offsets in the header, all u64 (vlib/stats/shared.h). */
const header = { version: 0, base: 8, epoch: 16, inProgress: 24, directory: 32 } as const;
const supportedVersion = 2;

/** A directory entry: u32 type, u64 value or pointer at 8, name[128] at 16. */
const entry = { size: 144, type: 0, value: 8, name: 16 } as const;

/** More would be a lie that takes long to read. */
const maxThreads = 4_096;

/** The types that are read here. */
const entryTypes = { scalar: 1, simple: 2, combined: 3, gauge: 9 } as const;

const empty = { at: 0, length: 0 };

/** A counter vector: where each thread's values begin and how many there are. */
export interface ThreadVectors {
  /** Bytes from one value to the next: 8 for simple counters, 16 for combined ones. */
  readonly stride: 8 | 16;
  readonly threads: readonly { readonly at: number; readonly length: number }[];
}

/**
 * Finds things in a stats segment of version 2. Nothing is remembered: where a pointer leads is
 * valid for one epoch, how long a vector is for one reading.
 */
export class SegmentDirectory {
  constructor(private readonly memory: SegmentMemory) {
    const version = memory.u64(header.version);
    if (version !== supportedVersion) {
      throw new SegmentError(
        `the stats segment has version ${version}, only ${supportedVersion} is understood`,
      );
    }
  }

  /** Changes when anything was added, removed or moved. */
  epoch(): number {
    return this.memory.u64(header.epoch);
  }

  /** Whether VPP is changing the layout at this moment. */
  inProgress(): boolean {
    return this.memory.u64(header.inProgress) !== 0;
  }

  /** Where the entries called `wanted` begin; names that are not there are left out. */
  find(wanted: readonly string[]): Map<string, number> {
    const names = wanted.map((name) => ({ name, bytes: encoded(name) }));
    const found = new Map<string, number>();
    const { at, length } = this.#vector(this.memory.u64(header.directory), entry.size);
    for (let i = 0; i < length && found.size < names.length; i++) {
      const here = at + i * entry.size;
      for (const { name, bytes } of names) {
        if (this.memory.has(here + entry.name, bytes)) found.set(name, here);
      }
    }
    return found;
  }

  /** The value of a scalar or gauge. */
  scalar(entryAt: number): number {
    this.#expect(entryAt, [entryTypes.scalar, entryTypes.gauge]);
    return this.memory.u64(entryAt + entry.value);
  }

  /** The vectors of a simple or combined counter, one per thread. */
  vectors(entryAt: number): ThreadVectors {
    const type = this.#expect(entryAt, [entryTypes.simple, entryTypes.combined]);
    const stride = type === entryTypes.simple ? 8 : 16;
    const pointers = this.#vector(this.memory.u64(entryAt + entry.value), 8);
    if (pointers.length > maxThreads) {
      throw new SegmentError(`a stats entry claims to be of ${pointers.length} threads`);
    }
    const threads = Array.from({ length: pointers.length }, (_, thread) => {
      const pointer = this.memory.u64(pointers.at + thread * 8);
      return this.#vector(pointer, stride);
    });
    return { stride, threads };
  }

  #expect(entryAt: number, types: readonly number[]): number {
    const type = this.memory.u32(entryAt + entry.type);
    if (types.includes(type)) return type;
    throw new SegmentError(`a stats entry has type ${type}, expected was ${types.join(" or ")}`);
  }

  /** A VPP vector: its length is the u32 8 bytes before its data. A null pointer is empty. */
  #vector(pointer: number, itemBytes: number): { at: number; length: number } {
    if (pointer === 0) return empty;
    const at = pointer - this.memory.u64(header.base);
    const length = this.memory.u32(at - 8);
    this.memory.check(at, length * itemBytes);
    return { at, length };
  }
}

function encoded(name: string): Uint8Array {
  return new TextEncoder().encode(`${name}\0`);
}

/** What is in the segment does not make sense: a pointer or a length leads out of it. */
export class SegmentError extends VppError {
  override readonly name = "SegmentError";
}

const two32 = 2 ** 32;

/**
 * The bytes of a stats segment, bounds-checked. VPP writes while this is read, so a u64 is taken
 * in one 8-byte load: read in two halves, a byte counter passing a multiple of 4 GiB in between
 * would be off by 4 GiB. A load as double keeps all bits of values below 2^63 - 2^52, and costs no
 * more than two of 32 bits.
 */
export class SegmentMemory {
  readonly #words: Float64Array;
  readonly #halves: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #one = new DataView(new ArrayBuffer(8));

  constructor(buffer: ArrayBuffer) {
    const words = Math.floor(buffer.byteLength / 8);
    this.#words = new Float64Array(buffer, 0, words);
    this.#halves = new Uint32Array(buffer, 0, words * 2);
    this.#bytes = new Uint8Array(buffer, 0, words * 8);
  }

  /** Bytes that can be read. */
  get size(): number {
    return this.#bytes.length;
  }

  /** The u64 at byte `at`, exact up to 2^53. `at` is a multiple of 8. */
  u64(at: number): number {
    const word = this.#words[at / 8];
    if (word === undefined) throw outside(at, 8, this.size);
    this.#one.setFloat64(0, word);
    return this.#one.getUint32(4) + this.#one.getUint32(0) * two32;
  }

  /** The u32 at byte `at`, a multiple of 4. */
  u32(at: number): number {
    const half = this.#halves[at / 4];
    if (half === undefined) throw outside(at, 4, this.size);
    return half;
  }

  /** Whether these bytes are at `at`. */
  has(at: number, bytes: Uint8Array): boolean {
    for (let i = 0; i < bytes.length; i++) if (this.#bytes[at + i] !== bytes[i]) return false;
    return true;
  }

  /** Throws SegmentError when `length` bytes at `at`, which is inside, lead out of it. */
  check(at: number, length: number): void {
    if (at + length > this.size) throw outside(at, length, this.size);
  }
}

function outside(at: number, length: number, size: number): SegmentError {
  return new SegmentError(
    `the stats segment refers to ${length} bytes at offset ${at}, it has ${size}`,
  );
}
