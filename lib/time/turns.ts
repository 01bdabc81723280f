import type { Turn } from "./clock.ts";

/** A turn of the event loop is over when it has lasted this long, in milliseconds. */
const turnMs = 3;

/**
 * After how many milliseconds without a look at timers and sockets there is one: after each whole
 * turn. While it is told to come round at once, Deno 2.9 looks only every 61st time (tokio's
 * `event_interval`): with turns of 3 ms what has come waits for 0.2 s, and a reply as long again.
 */
const lookMs = 3;

/** The event loop, as far as work in turns needs it. */
export interface Rounds {
  /** Monotonic milliseconds. */
  now(): number;
  /** Resolves when the loop has come round: about 7 µs. */
  round(): Promise<void>;
  /**
   * Resolves when it has looked at timers and sockets as well, which takes 1.2 ms: it does so only
   * when nothing is to be done at once.
   */
  look(): Promise<void>;
}

/**
 * Gives turns of the event loop to all who work in slices, one after the other, a turn each: were
 * they all let go on at once, the loop would be held for as many slices as there is work.
 */
export class Turns implements Turn {
  readonly #rounds: Rounds;
  readonly #waiting: (() => void)[] = [];
  #isGiving = false;
  #isLookWanted = false;
  /** When the present turn began, as far as is known here. */
  #turnedAt = -Infinity;
  /** When the loop was last known to look at the sockets. */
  #lookedAt = -Infinity;

  constructor(rounds: Rounds) {
    this.#rounds = rounds;
  }

  get isOver(): boolean {
    return this.#rounds.now() - this.#turnedAt >= turnMs;
  }

  next(isLong = false): Promise<void> {
    this.#isLookWanted ||= isLong;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isGiving) void this.#give();
    });
  }

  async #give(): Promise<void> {
    const rounds = this.#rounds;
    this.#isGiving = true;
    while (this.#waiting.length > 0) {
      await rounds.round();
      // Not before: whose turn it was has worked until now.
      if (this.#isLookWanted || rounds.now() - this.#lookedAt >= lookMs) {
        this.#isLookWanted = false;
        await rounds.look();
        this.#lookedAt = rounds.now();
      }
      this.#turnedAt = rounds.now();
      this.#waiting.shift()?.();
    }
    this.#isGiving = false;
  }
}
