/** Share of the time that may be spent lingering, so that other work gets its turns. */
const share = 0.25;
/** Credit that can be saved up, in milliseconds. */
const largestCreditMs = 4;
/** Fruitless times in a row after which lingering is given up for a while. */
const patience = 8;
/** Bursts that pass before it is tried again. */
const burstsToRetry = 64;

/** How long one nap is, in microseconds. */
export const napMicroseconds = 300;
/** Naps after one burst at most. */
export const napsAtMost = 3;

/**
 * Decides whether to linger after a burst of probes was started: to nap for up to a millisecond and
 * look what has come, instead of returning to the event loop. A peer on the same network answers
 * within that time; each trip through the event loop that is saved is worth the CPU of a probe, and
 * the answers are timed more exactly. Pure.
 */
export class Linger {
  #creditMs = largestCreditMs;
  #lastAsked = 0;
  #fruitless = 0;
  #skipped = 0;

  /** Whether answers came of late. */
  get isHopeful(): boolean {
    return this.#fruitless < patience;
  }

  /** Whether to linger now, after a burst at `now` milliseconds. */
  worthwhile(now: number): boolean {
    const earned = (now - this.#lastAsked) * share;
    this.#creditMs = Math.min(this.#creditMs + earned, largestCreditMs);
    this.#lastAsked = now;
    if (this.#creditMs <= 0) return false;
    if (this.isHopeful) return true;
    this.#skipped = (this.#skipped + 1) % burstsToRetry;
    return this.#skipped === 0;
  }

  /** Lingered for `spentMs`, in which `events` came. */
  lingered(spentMs: number, events: number): void {
    this.#creditMs -= spentMs;
    this.#fruitless = events > 0 ? 0 : this.#fruitless + 1;
  }
}
