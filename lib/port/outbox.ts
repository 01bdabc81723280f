import { Code, ConnectError } from "@connectrpc/connect";
import type { H2Field, H2Response } from "../h2/mod.ts";
import type { Budget } from "./budget.ts";

/** Lets go of octets that have left, or that nobody wants any more. Calling it again is harmless. */
export type Release = () => void;

/** Who holds which octets, how often, and how many octets that are. */
class HeldOctets {
  readonly #counts = new Map<Uint8Array, number>();
  bytes = 0;

  has(octets: Uint8Array): boolean {
    return this.#counts.has(octets);
  }

  add(octets: Uint8Array): void {
    const count = this.#counts.get(octets) ?? 0;
    if (count === 0) this.bytes += octets.length;
    this.#counts.set(octets, count + 1);
  }

  /** True if these were the last. */
  remove(octets: Uint8Array): boolean {
    const left = (this.#counts.get(octets) ?? 1) - 1;
    if (left > 0) {
      this.#counts.set(octets, left);
      return false;
    }
    this.#counts.delete(octets);
    this.bytes -= octets.length;
    return true;
  }
}

/**
 * What waits for clients to take it: a client that keeps its window shut must not make the server
 * hold more than its share, nor all of them together more than there is. What several streams are
 * sent is there once, and counts once.
 */
export class Outbox {
  readonly #all = new HeldOctets();
  readonly #connections = new WeakMap<object, HeldOctets>();

  /** `budget` is for all clients, in octets, and `most` for one connection. */
  constructor(private readonly budget: Budget, private readonly most: number) {}

  /** Holds octets for a connection until they are released. Throws ResourceExhausted. */
  hold(connection: object, octets: Uint8Array): Release {
    const own = this.#connections.get(connection) ?? new HeldOctets();
    if (!own.has(octets) && own.bytes + octets.length > this.most) {
      this.budget.refuse();
      throw notTaken(`${own.bytes} bytes of answers wait for this connection to take them`);
    }
    if (!this.#all.has(octets) && !this.budget.take(octets.length)) {
      throw notTaken(`${this.budget.used} bytes of answers wait for clients to take them`);
    }
    this.#connections.set(connection, own);
    own.add(octets);
    this.#all.add(octets);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      own.remove(octets);
      if (this.#all.remove(octets)) this.budget.give(octets.length);
    };
  }
}

function notTaken(what: string): ConnectError {
  return new ConnectError(`${what}: read those first, or ask again later`, Code.ResourceExhausted);
}

const end: IteratorResult<Uint8Array> = { done: true, value: undefined };

/** A body of a single chunk, and perhaps a few octets that end it, without a generator. */
export class OneChunk implements AsyncIterableIterator<Uint8Array> {
  #chunk: Uint8Array | undefined;
  #last: Uint8Array | undefined;

  /** `release` is called when the chunk has left, or nobody wants it any more. */
  constructor(chunk: Uint8Array, private readonly release?: Release, last?: Uint8Array) {
    this.#chunk = chunk;
    this.#last = last;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const value = this.#chunk ?? this.#last;
    if (this.#chunk) this.#chunk = undefined;
    else {
      this.#last = undefined;
      this.release?.();
    }
    return Promise.resolve(value ? { done: false, value } : end);
  }

  return(): Promise<IteratorResult<Uint8Array>> {
    this.#chunk = this.#last = undefined;
    this.release?.();
    return Promise.resolve(end);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** An answer that is there as a whole. */
export function wholeAnswer(
  status: number,
  type: string,
  content: string | Uint8Array,
  ...more: readonly H2Field[]
): H2Response {
  const octets = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const headers: readonly H2Field[] = [
    ["content-type", type],
    ["content-length", String(octets.length)],
    ...more,
  ];
  return { status, headers, body: new OneChunk(octets) };
}
