/** Bytes that do not have the layout their message declares. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** A value that must not or cannot be put on the wire. The message is a sentence. */
export class EncodeError extends Error {
  override readonly name = "EncodeError";
}

/** Reads big-endian values from a stretch of bytes and refuses to leave it. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  /** A view of the next `length` bytes: copy it before the buffer below is reused. */
  raw(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  /** Passes over bytes that mean nothing. */
  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) {
      throw new DecodeError(
        `${length} bytes are wanted at offset ${at}, only ${this.#bytes.length - at} are there`,
      );
    }
    this.#at = at + length;
    return at;
  }
}

/** Collects big-endian values in a buffer that grows as needed. */
export class WireWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #at = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#at;
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#grow(2);
    this.#view.setUint16(at, value);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    this.#view.setUint32(at, value);
  }

  i32(value: number): void {
    const at = this.#grow(4);
    this.#view.setInt32(at, value);
  }

  raw(value: Uint8Array): void {
    const at = this.#grow(value.length);
    this.#bytes.set(value, at);
  }

  zeros(length: number): void {
    const at = this.#grow(length);
    this.#bytes.fill(0, at, at + length);
  }

  /** Overwrites four bytes already written, as for a length known only at the end. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value);
  }

  /** Forgets everything after the first `length` bytes. */
  truncate(length: number): void {
    this.#at = length;
  }

  /** A view of what was written, valid until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Where the next `length` bytes go. May replace the buffer, so look at that afterwards. */
  #grow(length: number): number {
    const at = this.#at;
    const end = at + length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#at = end;
    return at;
  }
}
