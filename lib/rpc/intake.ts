import type { ConnectError } from "@connectrpc/connect";
import type { OctetRoom } from "../h2/mod.ts";
import type { Budget } from "../port/mod.ts";
import { exhausted } from "./errors.ts";

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

  /** A buffer of `most` bytes holds the largest message; `meter` counts what it takes. */
  constructor(private readonly most: number, private readonly meter: IntakeMeter) {}

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
    return bytes;
  }

  #reserve(more: number): void {
    if (this.#end + more <= this.#buffer.length) return;
    const needed = this.length + more;
    if (needed <= this.#buffer.length) this.#buffer.copyWithin(0, this.#start, this.#end);
    else this.#grow(Math.max(needed, Math.min(2 * needed, this.most), smallestBuffer));
    this.#end = this.length;
    this.#start = 0;
  }

  #grow(size: number): void {
    this.meter.grow(size - this.#buffer.length);
    const buffer = new Uint8Array(size);
    buffer.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = buffer;
  }
}

/** How the messages of a body are gathered. */
export interface GatherOptions {
  /** Largest message, in bytes. */
  readonly maxBytes: number;
  /** Counts what is held; closed when the body is read to its end, or nobody wants more of it. */
  readonly meter: IntakeMeter;
}

/**
 * The enveloped messages of a body, header included, each in one piece. What is left over at the
 * end is yielded as it is, for the protocol to complain about.
 */
export async function* envelopes(
  body: AsyncIterable<Uint8Array>,
  { maxBytes, meter }: GatherOptions,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const gathered = new Gatherer(envelopeHeaderBytes + maxBytes, meter);
  try {
    for await (const chunk of body) {
      gathered.add(chunk);
      for (let length = complete(gathered, maxBytes); length > 0;) {
        yield gathered.take(length);
        length = complete(gathered, maxBytes);
      }
    }
    if (gathered.length > 0) yield gathered.take(gathered.length);
  } finally {
    meter.close();
  }
}

/**
 * The same for calls with one request message, which comes at the end of the body. Until then it
 * stays as it was sent: read, it may take ten times the room, and whoever does not end a request
 * would have the server hold that.
 */
export async function* lastEnvelope(
  body: AsyncIterable<Uint8Array>,
  options: GatherOptions,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  let held: Uint8Array<ArrayBuffer> | undefined;
  for await (const envelope of envelopes(body, options)) {
    if (held) yield held;
    options.meter.grow(envelope.length);
    held = envelope;
  }
  if (held) yield held;
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
  { maxBytes, meter }: GatherOptions,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const gathered = new Gatherer(maxBytes, meter);
  try {
    for await (const chunk of body) {
      gathered.add(chunk);
      if (gathered.length > maxBytes) throw tooLarge(gathered.length, maxBytes);
    }
    yield gathered.take(gathered.length);
  } finally {
    meter.close();
  }
}

/** Why a message is not taken: ResourceExhausted. */
export function tooLarge(length: number, maxBytes: number): ConnectError {
  return exhausted(`message of ${length} bytes is larger than the limit of ${maxBytes}`);
}

/** What requests under way have sent so far: half-sent ones must not hold more than there is. */
export class Intake {
  /** What each connection has; who has nothing costs nothing. */
  readonly #used = new WeakMap<object, number>();

  /** `budget` is in octets, and `most` for one connection. */
  constructor(private readonly budget: Budget, private readonly most: number) {}

  /** What is held below, in the HTTP/2 connections, counts as well. */
  get room(): OctetRoom {
    return this.budget;
  }

  /** Counts for one request of a connection. */
  open(connection: object): IntakeMeter {
    return new IntakeMeter(this, connection);
  }

  /** Takes octets for a connection; false, and nothing is taken, if there are not so many left. */
  take(connection: object, octets: number): boolean {
    const used = this.#usedBy(connection) + octets;
    if (used > this.most) {
      this.budget.refuse();
      return false;
    }
    if (!this.budget.take(octets)) return false;
    this.#used.set(connection, used);
    return true;
  }

  /** Gives back what was taken for a connection. */
  give(connection: object, octets: number): void {
    this.budget.give(octets);
    this.#used.set(connection, this.#usedBy(connection) - octets);
  }

  #usedBy(connection: object): number {
    return this.#used.get(connection) ?? 0;
  }
}

/** What one request holds. */
export class IntakeMeter {
  #held = 0;
  #closed = false;

  constructor(private readonly intake: Intake, private readonly connection: object) {}

  /** Counts `octets` more. Throws ResourceExhausted. */
  grow(octets: number): void {
    if (this.#closed) return;
    if (!this.intake.take(this.connection, octets)) {
      throw exhausted("too many bytes of unfinished requests: finish those, or ask again later");
    }
    this.#held += octets;
  }

  /** Counts nothing any more, whatever its reader still does. Calling it again is harmless. */
  close(): void {
    this.#closed = true;
    this.intake.give(this.connection, this.#held);
    this.#held = 0;
  }
}
