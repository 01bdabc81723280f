/** Wake-ups closer together than this on average, in milliseconds, are batched. */
const closeTogetherMs = 2;
/** Weight of the newest gap in the running average. */
const weight = 1 / 8;
/** Looks in a row that find nothing end the batching. */
const idleLooks = 4;
/** Between two looks while wake-ups are batched, in milliseconds. */
const batchingMs = 1;
/** After a burst the next one is expected, and with it a look, within so many milliseconds. */
const burstGapMs = 25;
/** Between two looks while bursts follow each other: only for what the last one left behind. */
const betweenBurstsMs = 16;
/** What a gap is taken for after a long silence. */
const longestGapMs = 100;

/**
 * Decides between sleeping until something happens, which tells the time exactly and costs a
 * wake-up each, and looking at intervals. Pure.
 */
export class Pace {
  #averageGapMs = longestGapMs;
  #lastWake = -Infinity;
  #lastBurst = -Infinity;
  #emptyLooks = 0;
  #batching = false;

  /** How long to pause before the next look, at `now`; 0 is to sleep until something happens. */
  pauseMs(now: number): number {
    if (now - this.#lastBurst < burstGapMs) return betweenBurstsMs;
    return this.#batching ? batchingMs : 0;
  }

  /** Many sockets began to wait together at `now`, upon which the poller looks by itself. */
  burst(now: number): void {
    this.#lastBurst = now;
  }

  /** The sleeper was woken by an event at `now`. */
  woken(now: number): void {
    const gap = Math.min(now - this.#lastWake, longestGapMs);
    this.#lastWake = now;
    this.#averageGapMs = this.#averageGapMs * (1 - weight) + gap * weight;
    this.#batching = this.#averageGapMs < closeTogetherMs;
    this.#emptyLooks = 0;
  }

  /** A look at intervals found `events`. */
  looked(events: number): void {
    this.#emptyLooks = events > 0 ? 0 : this.#emptyLooks + 1;
    if (this.#emptyLooks < idleLooks) return;
    this.#batching = false;
    this.#averageGapMs = longestGapMs;
  }
}
