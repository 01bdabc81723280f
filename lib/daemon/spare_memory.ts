import type { Clock, Timer } from "../time/mod.ts";

/** How often spare memory is given back, in milliseconds, as long as that is worth it. */
const usualMs = 10_000;

/** How seldom it is tried where it was not. */
const longestMs = 320_000;

/** So many octets more or less resident are worth it. */
const worthBytes = 8 * 1024 * 1024;

/** What {@link SpareMemory} needs. */
export interface SpareMemoryOptions {
  readonly clock: Clock;
  /** Octets of this process that are in memory now. */
  readonly resident: () => number;
  /** Has the allocator give back what it does not need, without holding the event loop. */
  readonly giveBack: () => Promise<void>;
}

/**
 * Gives back to the system what was freed after a burst of requests, which the C library keeps: of
 * 330 MB it was more than a third. Each time that brings nothing the next is twice as far away,
 * until there is more in memory again.
 */
export class SpareMemory implements AsyncDisposable {
  readonly #options: SpareMemoryOptions;
  #timer: Timer | undefined;
  #giving: Promise<void> = Promise.resolve();
  /** Resident after it was given back last. */
  #left: number;
  #waitMs = usualMs;
  #triedAt: number;
  #isOver = false;

  /** Looks every ten seconds from now on. */
  constructor(options: SpareMemoryOptions) {
    this.#options = options;
    this.#left = options.resident();
    this.#triedAt = options.clock.now();
    this.#arm();
  }

  /** Looks no more. Resolves when nothing is being given back any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#timer?.cancel();
    await this.#giving;
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(usualMs, () => {
      this.#giving = this.#look().finally(() => {
        if (!this.#isOver) this.#arm();
      });
    });
  }

  async #look(): Promise<void> {
    const { clock, resident, giveBack } = this.#options;
    const before = resident();
    if (before - this.#left >= worthBytes) this.#waitMs = usualMs;
    if (clock.now() - this.#triedAt < this.#waitMs) return;
    this.#triedAt = clock.now();
    await giveBack();
    this.#left = resident();
    const isWorthIt = before - this.#left >= worthBytes;
    this.#waitMs = isWorthIt ? usualMs : Math.min(longestMs, 2 * this.#waitMs);
  }
}
