import type { StreamState } from "./state.ts";
import type { Stream } from "./stream.ts";

/** The streams of a connection: those in use, and what is known of the others. */
export class Streams {
  readonly #open = new Map<number, Stream>();
  readonly #closed = new ClosedStreams();
  #last = 0;

  /** The highest stream the peer has opened (RFC 9113 section 5.1.1). */
  get last(): number {
    return this.#last;
  }

  /** Streams in use. */
  get size(): number {
    return this.#open.size;
  }

  /** The stream, if it is in use. */
  get(id: number): Stream | undefined {
    return this.#open.get(id);
  }

  /** All streams in use, oldest first. */
  all(): Iterable<Stream> {
    return this.#open.values();
  }

  /** The state of any stream. */
  state(id: number): StreamState {
    const stream = this.#open.get(id);
    if (stream) return stream.state;
    // Even numbers are the server's (section 5.1.1), and this one never opens streams.
    return id > this.#last || id % 2 === 0 ? "idle" : this.#closed.state(id);
  }

  /** Notes that the peer has used `id`, which closes all idle streams below (section 5.1.1). */
  reach(id: number): void {
    this.#last = id;
  }

  /** Takes a stream into use. */
  add(stream: Stream): void {
    this.#open.set(stream.id, stream);
  }

  /** Notes how a stream came to its end. */
  close(id: number, state: StreamState): void {
    this.#closed.add(id, state);
    this.#open.delete(id);
  }

  /** Forgets all streams in use. */
  clear(): void {
    this.#open.clear();
  }
}

const slots = 1024;
const resetBit = 0x80000000;

/**
 * Remembers how the streams closed last came to their end, 4 KiB however many there were. Client
 * streams count up in twos, so the last 1,024 have a slot each and a newer one takes over from the
 * one 1,024 before it.
 */
export class ClosedStreams {
  readonly #ids = new Uint32Array(slots);

  /** Notes that a stream is closed, by our RST_STREAM or otherwise. */
  add(id: number, state: StreamState): void {
    this.#ids[slot(id)] = state === "closed (reset by us)" ? id | resetBit : id;
  }

  /** The state of a stream that is neither idle nor in use. */
  state(id: number): StreamState {
    const noted = this.#ids[slot(id)] ?? 0;
    if (noted === id) return "closed";
    return noted === (id | resetBit) >>> 0 ? "closed (reset by us)" : "closed (forgotten)";
  }
}

function slot(id: number): number {
  return (id >>> 1) & (slots - 1);
}
