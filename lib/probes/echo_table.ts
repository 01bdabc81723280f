import type { Echo } from "./icmp_packet.ts";

/** Sequence numbers there are. */
const sequences = 65_536;
/** Places at first. */
const firstRoom = 64;

/**
 * Echoes by their sequence numbers, of which those in here differ in their lowest bits: each has a
 * place of its own, and to be found it takes no search. Half of the places at least are free, so that
 * one is soon found from anywhere.
 *
 * A `Map` whose entries come and go makes itself anew every few hundred of them, and what V8 keeps of
 * the old ones keeps the echoes, and all they know, from being given back young.
 */
export class EchoTable<T extends Echo> {
  #places: (T | undefined)[] = new Array(firstRoom);
  #size = 0;

  /** Echoes in here. */
  get size(): number {
    return this.#size;
  }

  /** The most that fit: half as many as there are sequence numbers. */
  static readonly limit = sequences / 2;

  /** The echo of a sequence number, if it is here. */
  get(sequence: number): T | undefined {
    const echo = this.#places[this.#placeOf(sequence)];
    return echo?.sequence === sequence ? echo : undefined;
  }

  /**
   * A sequence number whose place is free, the first from `start` on, with room for one more made if
   * need be. To be called with less than {@link limit} echoes in here.
   */
  free(start: number): number {
    if (2 * this.#size >= this.#places.length) this.#grow();
    let sequence = start % sequences;
    while (this.#places[this.#placeOf(sequence)]) sequence = (sequence + 1) % sequences;
    return sequence;
  }

  /** Adds an echo whose sequence number was {@link free} last. */
  add(echo: T): void {
    this.#places[this.#placeOf(echo.sequence)] = echo;
    this.#size++;
  }

  /** Takes an echo out; false when it is not in here. */
  delete(echo: T): boolean {
    if (this.get(echo.sequence) !== echo) return false;
    this.#places[this.#placeOf(echo.sequence)] = undefined;
    this.#size--;
    return true;
  }

  /** By as many of the lowest bits as there are places. */
  #placeOf(sequence: number): number {
    return sequence & (this.#places.length - 1);
  }

  /** Whose lowest bits differ, differ in more of them too. */
  #grow(): void {
    const places = this.#places;
    this.#places = new Array(2 * places.length);
    for (const echo of places) if (echo) this.#places[this.#placeOf(echo.sequence)] = echo;
  }
}
