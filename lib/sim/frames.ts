/** A frame of the API socket: 16 bytes of header, of which only the length matters, and a message. */

import { xxhash } from "../maglev/mod.ts";

/** What each message travels behind. */
export const headerBytes = 16;
/** A client that announces more than this is not one we know. */
const longestMessage = 16 * 1024 * 1024;

/**
 * A frame around `message`; `length` is what its header claims. The first eight bytes are nothing
 * that anybody should read: a pointer of VPP's, here any number at all, which may look like a
 * length or an id.
 */
export function frame(message: Uint8Array, length = message.length): Uint8Array {
  const bytes = new Uint8Array(headerBytes + message.length);
  const view = new DataView(bytes.buffer);
  const garbage = xxhash(message.length, message[5] ?? 0);
  view.setUint32(0, garbage.high);
  view.setUint32(4, garbage.low);
  view.setUint32(8, length);
  bytes.set(message, headerBytes);
  return bytes;
}

/** Cuts a stream into messages. */
export class FrameReader {
  #buffer = new Uint8Array(64 * 1024);
  #start = 0;
  #end = 0;

  /**
   * Takes the next piece of the stream and yields the messages that it completes. They are views
   * that hold until the next push. Throws RangeError for an impossible length.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array> {
    this.#append(chunk);
    for (let message = this.#next(); message; message = this.#next()) yield message;
  }

  #next(): Uint8Array | undefined {
    if (this.#end - this.#start < headerBytes) return undefined;
    const view = new DataView(this.#buffer.buffer, this.#start);
    const length = view.getUint32(8);
    if (length > longestMessage) throw new RangeError(`a message of ${length} bytes`);
    const from = this.#start + headerBytes;
    if (this.#end < from + length) return undefined;
    this.#start = from + length;
    return this.#buffer.subarray(from, from + length);
  }

  #append(chunk: Uint8Array): void {
    const pending = this.#end - this.#start;
    const needed = pending + chunk.length;
    const target = needed > this.#buffer.length
      ? new Uint8Array(Math.max(needed, 2 * this.#buffer.length))
      : this.#buffer;
    target.set(this.#buffer.subarray(this.#start, this.#end));
    target.set(chunk, pending);
    this.#buffer = target;
    this.#start = 0;
    this.#end = needed;
  }
}
