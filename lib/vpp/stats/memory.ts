/** What is in the segment does not make sense: a pointer or a length leads out of it. */
export class SegmentError extends Error {
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
