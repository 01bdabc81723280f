/**
 * Handlers under way. They count, with the header sections they hold, until they are done: a peer
 * that resets its streams at once must not have more of them running than one that waits
 * (CVE-2023-44487).
 */
export class Handlers {
  readonly #running = new Map<number, number>();
  #headerBytes = 0;

  get count(): number {
    return this.#running.size;
  }

  /** Octets of header sections they hold. */
  get headerBytes(): number {
    return this.#headerBytes;
  }

  start(streamId: number, headerBytes: number): void {
    this.#running.set(streamId, headerBytes);
    this.#headerBytes += headerBytes;
  }

  done(streamId: number): void {
    this.#headerBytes -= this.#running.get(streamId) ?? 0;
    this.#running.delete(streamId);
  }
}
