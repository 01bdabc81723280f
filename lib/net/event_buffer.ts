import { epollLayout } from "./layout.ts";

/** The slot of what nobody watches. */
export const noSlot = 0xffff_ffff;

const layout = epollLayout(Deno.build.arch);

/** An array of `struct epoll_event`, whose data are a slot and a generation. */
export class EventBuffer {
  readonly #words: Uint32Array<ArrayBuffer>;
  /** The same memory, as system calls take it. */
  readonly bytes: Uint8Array<ArrayBuffer>;

  /** Room for `length` events. */
  constructor(length: number) {
    this.#words = new Uint32Array(length * layout.stride);
    this.bytes = new Uint8Array(this.#words.buffer);
  }

  /** EPOLL bits of an event. */
  events(index: number): number {
    return this.#words[index * layout.stride] ?? 0;
  }

  /** The slot that an event is about. */
  slot(index: number): number {
    return this.#words[index * layout.stride + layout.data] ?? noSlot;
  }

  /** The slot's generation when it was watched. */
  generation(index: number): number {
    return this.#words[index * layout.stride + layout.data + 1] ?? 0;
  }

  /** Fills in the first event. */
  set(events: number, slot: number, generation: number): void {
    this.#words[0] = events;
    this.#words[layout.data] = slot;
    this.#words[layout.data + 1] = generation;
  }
}
