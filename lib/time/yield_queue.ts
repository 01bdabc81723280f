import type { Turn } from "./clock.ts";

/** A turn of the event loop is over when it has lasted this long, in milliseconds. */
const turnMs = 3;

/**
 * After how many milliseconds without a look at timers and sockets there is one: after each whole
 * turn. While it is told to come round at once, Deno 2.9 looks only every 61st time (tokio's
 * `event_interval`): with turns of 3 ms what has come waits for 0.2 s, and a reply as long again.
 */
const lookMs = 3;

/** The event loop, as far as work in slices needs it. */
export interface EventLoop {
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
 * Lets work in slices continue, one slice in each turn of the event loop, first come first served:
 * if all continued at once, the loop would be held for as many slices as there is work.
 */
export class YieldQueue implements Turn {
  readonly #loop: EventLoop;
  readonly #waiting: (() => void)[] = [];
  #isGiving = false;
  #isLookWanted = false;
  /** When the present turn began, as far as is known here. */
  #turnedAt = -Infinity;
  /** When the loop was last known to look at the sockets. */
  #lookedAt = -Infinity;

  constructor(loop: EventLoop) {
    this.#loop = loop;
  }

  get isOver(): boolean {
    return this.#loop.now() - this.#turnedAt >= turnMs;
  }

  next(isLong = false): Promise<void> {
    this.#isLookWanted ||= isLong;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#isGiving) void this.#give();
    });
  }

  async #give(): Promise<void> {
    const loop = this.#loop;
    this.#isGiving = true;
    while (this.#waiting.length > 0) {
      await loop.round();
      // Not before: the slice before has lasted until now.
      if (this.#isLookWanted || loop.now() - this.#lookedAt >= lookMs) {
        this.#isLookWanted = false;
        await loop.look();
        this.#lookedAt = loop.now();
      }
      this.#turnedAt = loop.now();
      this.#waiting.shift()?.();
    }
    this.#isGiving = false;
  }
}
