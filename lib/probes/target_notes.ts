import type { IpAddress } from "../ip/mod.ts";

/**
 * The addresses that did not answer when they were last probed. Each probe of one holds a socket for
 * its whole timeout, or room in a buffer, so that many of them together could hold all there is.
 * Forgets with the address.
 */
export class SilentTargets {
  readonly #silent = new WeakSet<IpAddress>();

  /** Whether `address` did not answer last time. */
  has(address: IpAddress): boolean {
    return this.#silent.has(address);
  }

  /** It answered now, in whatever way, or did not. */
  note(address: IpAddress, isSilent: boolean): void {
    if (isSilent) this.#silent.add(address);
    else this.#silent.delete(address);
  }
}
