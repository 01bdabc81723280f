/** Certificates that are remembered; who is forgotten shakes hands again. */
const most = 4096;

/**
 * Certificates that the authorities now trusted have been seen to vouch for, in a whole handshake.
 * The runtime lets clients go on with an earlier session by tickets that are good for the whole
 * process: then it looks at no certificate again, and calls authorized even what it has not let
 * pass the first time, or what authorities vouched for that are trusted no more.
 */
export class Proven {
  readonly #seen = new Set<string>();

  /** A whole handshake has shown that the certificate of this fingerprint is good. */
  add(fingerprint: string): void {
    this.#seen.delete(fingerprint);
    this.#seen.add(fingerprint);
    for (const oldest of this.#seen) {
      if (this.#seen.size <= most) break;
      this.#seen.delete(oldest);
    }
  }

  /** Whether it has been. */
  has(fingerprint: string): boolean {
    return this.#seen.has(fingerprint);
  }
}
