import type { HttpCheck } from "../config/mod.ts";
import type { IpAddress } from "../ip/mod.ts";
import type { Greeting } from "../net/mod.ts";

/** What is kept of one address from probe to probe. */
export interface Notes {
  /**
   * It did not answer when it was last probed. Each probe of such a one holds a socket for its whole
   * timeout, or room in a buffer, so that many of them together could hold all there is.
   */
  isSilent: boolean;
  /** What was sent to it last, and for which check. */
  request: { readonly check: HttpCheck; readonly sent: Greeting } | undefined;
}

/** The notes on all addresses that are probed. Forgets with the address. */
export class TargetNotes {
  readonly #notes = new WeakMap<IpAddress, Notes>();

  /** Those on one, found once a probe: to look it up costs a good part of reading a response. */
  of(address: IpAddress): Notes {
    const known = this.#notes.get(address);
    if (known) return known;
    const notes = { isSilent: false, request: undefined };
    this.#notes.set(address, notes);
    return notes;
  }
}
