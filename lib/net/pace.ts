/** Wake-ups closer together than this on average, in milliseconds, are batched. */
const closeTogetherMs = 2;
/** Weight of the newest gap in the running average. */
const weight = 1 / 8;
/** Looks in a row that find nothing end the batching. */
const idleLooks = 4;

/**
 * Decides between sleeping until something happens, which tells the time exactly and costs a
 * wake-up each, and looking at intervals. Pure.
 */
export class Pace {
  #averageGapMs = Infinity;
  #lastWake = -Infinity;
  #emptyLooks = 0;
  #batching = false;

  /** Whether to look at intervals. */
  get batching(): boolean {
    return this.#batching;
  }

  /** The sleeper was woken by an event at `now`. */
  woken(now: number): void {
    const gap = Math.min(now - this.#lastWake, 100);
    this.#lastWake = now;
    this.#averageGapMs = Math.min(this.#averageGapMs, 100) * (1 - weight) + gap * weight;
    this.#batching = this.#averageGapMs < closeTogetherMs;
    this.#emptyLooks = 0;
  }

  /** A look at intervals found `events`. */
  looked(events: number): void {
    this.#emptyLooks = events > 0 ? 0 : this.#emptyLooks + 1;
    if (this.#emptyLooks < idleLooks) return;
    this.#batching = false;
    this.#averageGapMs = 100;
  }
}
