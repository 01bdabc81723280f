import type { WireWriter } from "./bytes.ts";

/** u64 (0 from clients, garbage from VPP), u32 length of the message, u32 0; big-endian. */
export const frameHeaderLength = 16;

/** Where in the header the length is. */
const frameLengthAt = 8;

/** Appends a message, which `write` puts there, in a frame of its own. */
export function appendFrame(to: WireWriter, write: (to: WireWriter) => void): void {
  const start = to.length;
  to.zeros(frameHeaderLength);
  write(to);
  to.patchU32(start + frameLengthAt, to.length - start - frameHeaderLength);
}

/** Bytes that there is room for at first. */
const initialSpace = 64 * 1024;

/**
 * Cuts a byte stream into messages. The owner reads from the socket into `space()` and says how much
 * came with `filled()`, or adds what has come, and takes messages with `next()` until there are none.
 * A length that lies costs no memory: the buffer grows with what has arrived, not with what was
 * promised.
 */
export class FrameBuffer {
  #bytes = new Uint8Array(initialSpace);
  #view = new DataView(this.#bytes.buffer);
  #start = 0;
  #end = 0;

  /** Messages of `possible` bytes are believed; what `impossible` makes of others is thrown. */
  constructor(
    private readonly possible: { readonly least: number; readonly most: number },
    private readonly impossible: (length: number) => Error,
  ) {}

  /** Takes in all of these. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const space = this.space();
      const piece = bytes.subarray(at, at + space.length);
      space.set(piece);
      this.filled(piece.length);
      at += piece.length;
    }
  }

  /** Room for the next read, never empty. Messages taken before become invalid. */
  space(): Uint8Array<ArrayBuffer> {
    if (this.#start === this.#end) this.#reset();
    else if (this.#end === this.#bytes.length) this.#makeRoom();
    return this.#bytes.subarray(this.#end);
  }

  /** `length` bytes were put into the last `space()`. */
  filled(length: number): void {
    this.#end += length;
  }

  /** Bytes that have arrived and belong to no complete message yet. */
  get incomplete(): number {
    return this.#end - this.#start;
  }

  /**
   * The next complete message without its frame header, valid until there is room made for more.
   */
  next(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#end - this.#start < frameHeaderLength) return undefined;
    const length = this.#view.getUint32(this.#start + frameLengthAt);
    if (length < this.possible.least || length > this.possible.most) throw this.impossible(length);
    const from = this.#start + frameHeaderLength;
    if (this.#end - from < length) return undefined;
    this.#start = from + length;
    return this.#bytes.subarray(from, from + length);
  }

  #reset(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#bytes.length > initialSpace) this.#resize(initialSpace);
  }

  #makeRoom(): void {
    const kept = this.#end - this.#start;
    if (kept > this.#bytes.length / 2) this.#resize(this.#bytes.length * 2);
    else {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#start = 0;
      this.#end = kept;
    }
  }

  #resize(capacity: number): void {
    const kept = this.#bytes.subarray(this.#start, this.#end);
    this.#bytes = new Uint8Array(capacity);
    this.#bytes.set(kept);
    this.#view = new DataView(this.#bytes.buffer);
    this.#start = 0;
    this.#end = kept.length;
  }
}
