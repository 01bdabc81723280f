/** The largest flow-control window (RFC 9113 section 6.9.1), in octets. */
export const largestWindow = 2_147_483_647;

/** Octets of a window before SETTINGS (RFC 9113 section 6.9.2). */
export const defaultWindow = 65_535;

/** What the peer allows us to send (RFC 9113 section 6.9), in octets. */
export class SendWindow {
  #available: number;

  constructor(initial: number) {
    this.#available = initial;
  }

  /** Octets that may be sent. Negative after the peer has cut its initial size (section 6.9.2). */
  get available(): number {
    return this.#available;
  }

  /** Moves the window by `delta`. False, and no change, if it would outgrow 2^31-1. */
  adjust(delta: number): boolean {
    if (this.#available + delta > largestWindow) return false;
    this.#available += delta;
    return true;
  }

  /** Takes off octets sent. */
  spend(octets: number): void {
    this.#available -= octets;
  }
}

/**
 * What we allow the peer to send, in octets. Its size is a promise of memory: octets count until
 * they are read, and half a window of read ones is given back at a time, to save frames.
 */
export class ReceiveWindow {
  #size: number;
  #available: number;
  #read = 0;

  constructor(size: number) {
    this.#size = size;
    this.#available = size;
  }

  /** Counts octets received. False if the peer had no right to send them. */
  take(octets: number): boolean {
    if (octets > this.#available) return false;
    this.#available -= octets;
    return true;
  }

  /** Counts octets read. Returns the increment to announce now, or 0. */
  giveBack(octets: number): number {
    this.#read += octets;
    if (this.#read * 2 < this.#size) return 0;
    const increment = this.#read;
    this.#read = 0;
    this.#available += increment;
    return increment;
  }

  /** Changes the size of the window (section 6.9.2); what is available may become negative. */
  resize(size: number): void {
    this.#available += size - this.#size;
    this.#size = size;
  }
}
