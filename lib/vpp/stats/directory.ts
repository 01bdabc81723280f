import { SegmentError, type SegmentMemory } from "./memory.ts";

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
