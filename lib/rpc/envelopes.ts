import { Code, ConnectError } from "@connectrpc/connect";

/** Flag and length before each message: gRPC, gRPC-Web and Connect streams share this framing. */
export const envelopeHeaderBytes = 5;

/** Smallest buffer that messages are gathered in. */
const smallestBuffer = 1024;

/**
 * Bytes gathered into one buffer that grows by doubling. However small the pieces a peer sends,
 * and whatever length it announces, memory stays within twice of what has really arrived.
 */
class Gatherer {
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  add(chunk: Uint8Array): void {
    this.#reserve(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** A look at the next byte but `offset`. */
  at(offset: number): number {
    return this.#buffer[this.#start + offset] ?? 0;
  }

  /** Takes the next `count` bytes as a copy of their own. */
  take(count: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#buffer.slice(this.#start, this.#start + count);
    this.#start += bytes.length;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return bytes;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#buffer.length) return;
    const needed = this.length + more;
    const size = needed <= this.#buffer.length
      ? this.#buffer.length
      : Math.max(2 * needed, smallestBuffer);
    const buffer = size === this.#buffer.length ? this.#buffer : new Uint8Array(size);
    if (buffer === this.#buffer) buffer.copyWithin(0, this.#start, this.#end);
    else buffer.set(this.#buffer.subarray(this.#start, this.#end));
    this.#end = this.length;
    this.#start = 0;
    this.#buffer = buffer;
  }
}

/**
 * The enveloped messages of a body, header included, each in one piece. What is left over at the
 * end is yielded as it is, for the protocol to complain about.
 */
export async function* envelopes(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const gathered = new Gatherer();
  for await (const chunk of body) {
    gathered.add(chunk);
    for (let length = complete(gathered, maxBytes); length > 0;) {
      yield gathered.take(length);
      length = complete(gathered, maxBytes);
    }
  }
  if (gathered.length > 0) yield gathered.take(gathered.length);
}

/** Length of the envelope at the front if all of it is there, else 0. */
function complete(gathered: Gatherer, maxBytes: number): number {
  if (gathered.length < envelopeHeaderBytes) return 0;
  const length = ((gathered.at(1) << 24) | (gathered.at(2) << 16) | (gathered.at(3) << 8) |
    gathered.at(4)) >>> 0;
  if (length > maxBytes) throw tooLarge(length, maxBytes);
  return gathered.length >= envelopeHeaderBytes + length ? envelopeHeaderBytes + length : 0;
}

/** A body without framing, in one piece. */
export async function* whole(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const gathered = new Gatherer();
  for await (const chunk of body) {
    gathered.add(chunk);
    if (gathered.length > maxBytes) throw tooLarge(gathered.length, maxBytes);
  }
  yield gathered.take(gathered.length);
}

function tooLarge(length: number, maxBytes: number): ConnectError {
  return new ConnectError(
    `message of ${length} bytes is larger than the limit of ${maxBytes}`,
    Code.ResourceExhausted,
  );
}
