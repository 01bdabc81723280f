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
  /**
   * Octets of this process that are in memory now, and those that the heap's objects hold outside of
   * it: of the C library.
   */
  readonly memory: () => { readonly rss: number; readonly external: number };
  /** Has the allocator give back what it does not need, without holding the event loop. */
  readonly giveBack: () => Promise<void>;
}

/**
 * Gives back to the system what was freed after a burst of requests, which the C library keeps: of
 * 330 MB it was more than a third. Each time that brings nothing the next is twice as far away,
 * until there is more in memory again, or less of it is needed: objects that were no use any more
 * when it was tried last may be collected a minute later.
 */
export class SpareMemory implements AsyncDisposable {
  readonly #options: SpareMemoryOptions;
  #timer: Timer | undefined;
  #giving: Promise<void> = Promise.resolve();
  /** Resident after it was given back last. */
  #left: number;
  /** The most that was held outside of the heap since then. */
  #held: number;
  #waitMs = usualMs;
  #triedAt: number;
  #isOver = false;

  /** Looks every ten seconds from now on. */
  constructor(options: SpareMemoryOptions) {
    this.#options = options;
    ({ rss: this.#left, external: this.#held } = options.memory());
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
    const { clock, memory, giveBack } = this.#options;
    const before = memory();
    this.#held = Math.max(this.#held, before.external);
    const grown = before.rss - this.#left;
    const freed = this.#held - before.external;
    if (Math.max(grown, freed) >= worthBytes) this.#waitMs = usualMs;
    if (clock.now() - this.#triedAt < this.#waitMs) return;
    this.#triedAt = clock.now();
    await giveBack();
    ({ rss: this.#left, external: this.#held } = memory());
    const isWorthIt = before.rss - this.#left >= worthBytes;
    this.#waitMs = isWorthIt ? usualMs : Math.min(longestMs, 2 * this.#waitMs);
  }
}
