import { frameSizeError } from "../errors.ts";
import { type Frame, frameHeaderLength } from "./types.ts";

const nothing: Uint8Array = new Uint8Array(0);

/**
 * Cuts a byte stream into frames (RFC 9113 section 4.1), whatever pieces it comes in. Frames that
 * lie whole in the input are views on it; only one that is cut in two is copied, so the reader
 * never holds more than one frame.
 */
export class FrameReader {
  #input = nothing;
  #at = 0;
  #partial = nothing;
  #have = 0;

  /** `maxFrameSize` is the longest payload accepted, in octets (SETTINGS_MAX_FRAME_SIZE). */
  constructor(readonly maxFrameSize: number) {}

  /** Octets held back until the rest of their frame arrives. */
  get held(): number {
    return this.#have;
  }

  /** Gives the next piece of input; take all frames with `next` before giving another. */
  feed(input: Uint8Array): void {
    this.#input = input;
    this.#at = 0;
  }

  /** The next whole frame. Throws FRAME_SIZE_ERROR (section 4.2) as soon as a length is too big. */
  next(): Frame | undefined {
    return this.#have > 0 ? this.#completePartial() : this.#cutFromInput();
  }

  #cutFromInput(): Frame | undefined {
    const input = this.#input;
    const start = this.#at;
    const available = input.length - start;
    if (available >= frameHeaderLength) {
      const end = start + frameHeaderLength + this.#payloadLength(input, start);
      if (end <= input.length) {
        this.#at = end;
        return cut(input, start, end);
      }
    }
    if (available > 0) this.#hold(available);
    return undefined;
  }

  #completePartial(): Frame | undefined {
    if (this.#have < frameHeaderLength) {
      this.#hold(Math.min(frameHeaderLength - this.#have, this.#input.length - this.#at));
      if (this.#have < frameHeaderLength) return undefined;
    }
    const total = frameHeaderLength + this.#payloadLength(this.#partial, 0);
    this.#hold(Math.min(total - this.#have, this.#input.length - this.#at));
    if (this.#have < total) return undefined;
    const frame = cut(this.#partial, 0, total);
    this.#have = 0;
    // The frame keeps the buffer as long as it needs it; holding on would pin it when idle.
    this.#partial = nothing;
    return frame;
  }

  /** Moves `count` octets of input to the partial frame. */
  #hold(count: number): void {
    const needed = this.#have + count;
    if (needed > this.#partial.length) {
      const room = Math.min(Math.max(64, needed * 2), frameHeaderLength + this.maxFrameSize);
      const grown = new Uint8Array(Math.max(needed, room));
      grown.set(this.#partial.subarray(0, this.#have));
      this.#partial = grown;
    }
    this.#partial.set(this.#input.subarray(this.#at, this.#at + count), this.#have);
    this.#have = needed;
    this.#at += count;
  }

  #payloadLength(bytes: Uint8Array, at: number): number {
    const length = (octet(bytes, at) << 16) | (octet(bytes, at + 1) << 8) | octet(bytes, at + 2);
    if (length <= this.maxFrameSize) return length;
    throw frameSizeError(
      `frame of ${length} octets is longer than the ${this.maxFrameSize} allowed`,
    );
  }
}

function cut(bytes: Uint8Array, start: number, end: number): Frame {
  return {
    type: octet(bytes, start + 3),
    flags: octet(bytes, start + 4),
    streamId: readUint31(bytes, start + 5),
    payload: bytes.subarray(start + frameHeaderLength, end),
  };
}

function octet(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0;
}

/** Reads 32 bits and drops the reserved top one (RFC 9113 section 4.1). */
export function readUint31(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) & 0x7fffffff;
}

/** Reads 32 bits, most significant octet first. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((octet(bytes, at) << 24) | (octet(bytes, at + 1) << 16) |
    (octet(bytes, at + 2) << 8) | octet(bytes, at + 3)) >>> 0;
}
