const nothing: Uint8Array = new Uint8Array(0);
const smallest = 1024;

/** Bytes waiting to be written, gathered into one piece so that a turn costs one write. */
export class OutputBuffer {
  #bytes = nothing;
  #length = 0;
  #spare = nothing;

  /** Octets waiting. */
  get length(): number {
    return this.#length;
  }

  /** Room for `count` more octets: the buffer and where to put them. */
  reserve(count: number): { readonly bytes: Uint8Array; readonly at: number } {
    const at = this.#length;
    this.#length = at + count;
    if (this.#length > this.#bytes.length) this.#grow();
    return { bytes: this.#bytes, at };
  }

  /** Appends a copy of `data`. */
  append(data: Uint8Array): void {
    const { bytes, at } = this.reserve(data.length);
    bytes.set(data, at);
  }

  /** Hands over all that waits. Give the piece back with `recycle` once it is written. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = this.#spare;
    this.#spare = nothing;
    this.#length = 0;
    return taken;
  }

  /** Takes back a written piece for reuse, unless it is large: idle connections stay small. */
  recycle(taken: Uint8Array): void {
    const buffer = new Uint8Array(taken.buffer);
    if (buffer.length > 4096) return;
    if (this.#bytes.length === 0) this.#bytes = buffer;
    else this.#spare = buffer;
  }

  #grow(): void {
    let room = Math.max(smallest, this.#bytes.length * 2);
    while (room < this.#length) room *= 2;
    const grown = new Uint8Array(room);
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
