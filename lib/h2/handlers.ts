import type { OctetRoom } from "./room.ts";

/**
 * Handlers under way. They count, with the header sections they hold, until they are done: a peer
 * that resets its streams at once must not have more of them running than one that waits
 * (CVE-2023-44487).
 */
export class Handlers {
  readonly #running = new Map<number, number>();
  #headerBytes = 0;

  /** `room` is what many connections share. */
  constructor(private readonly room: OctetRoom) {}

  get count(): number {
    return this.#running.size;
  }

  /** Octets of header sections they hold. */
  get headerBytes(): number {
    return this.#headerBytes;
  }

  /** False, and nothing is counted, if there is no room for its header section. */
  start(streamId: number, headerBytes: number): boolean {
    if (!this.room.take(headerBytes)) return false;
    this.#running.set(streamId, headerBytes);
    this.#headerBytes += headerBytes;
    return true;
  }

  done(streamId: number): void {
    const headerBytes = this.#running.get(streamId) ?? 0;
    this.room.give(headerBytes);
    this.#headerBytes -= headerBytes;
    this.#running.delete(streamId);
  }
}
