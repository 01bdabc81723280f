import type { StreamState } from "./state.ts";

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
