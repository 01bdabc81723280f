import type { Clock, Timer } from "../time/mod.ts";

/** How often spare memory is looked for, in milliseconds, as long as that is worth it. */
const usualMs = 10_000;

/** How seldom memory is given back where it was not. */
const longestGivingMs = 320_000;

/** How seldom garbage is looked for where it was not: a tenth of a second of CPU for 150 MB. */
const longestCollectingMs = 80_000;

/** So many octets more or less are worth it. */
const worthBytes = 8 * 1024 * 1024;

/** So many octets more in the heap than there were once are likely to be garbage. */
const garbageBytes = 32 * 1024 * 1024;

/** What a process has of memory, in octets. */
export interface MemoryTaken {
  /** Resident. */
  readonly rss: number;
  /** Objects in the heap, garbage included. */
  readonly heapUsed: number;
  /** What they hold outside of it: of the C library. */
  readonly external: number;
}

/** What {@link SpareMemory} needs. */
export interface SpareMemoryOptions {
  readonly clock: Clock;
  readonly memory: () => MemoryTaken;
  /** Has the heap looked through for garbage soon, without holding the event loop. */
  readonly collect: () => void;
  /** Has the allocator give back what it does not need, without holding the event loop. */
  readonly giveBack: () => Promise<void>;
}

/** Something that is tried every ten seconds while it is worth it, and ever more seldom while not. */
class Effort {
  #waitMs = usualMs;

  constructor(private triedAt: number, private readonly longestMs: number) {}

  /** There is a reason to think that it is worth it again. */
  encourage(): void {
    this.#waitMs = usualMs;
  }

  /** Whether it is time to try. */
  begins(now: number): boolean {
    if (now - this.triedAt < this.#waitMs) return false;
    this.triedAt = now;
    return true;
  }

  /** What came of it. */
  ended(isWorthIt: boolean): void {
    this.#waitMs = isWorthIt ? usualMs : Math.min(this.longestMs, 2 * this.#waitMs);
  }
}

/**
 * Gives back to the system what a burst of requests has left behind: garbage in the heap, for which
 * a process that goes on at its usual pace may not look for long, and what was freed, which the C
 * library keeps: of 330 MB it was more than a third. Each time that brings nothing the next is twice
 * as far away, until there is more in memory again, or less of it is needed.
 */
export class SpareMemory implements AsyncDisposable {
  readonly #options: SpareMemoryOptions;
  readonly #giving: Effort;
  readonly #collecting: Effort;
  #timer: Timer | undefined;
  #given: Promise<void> = Promise.resolve();
  /** As it was when it was given back last, but for the most that was held outside of the heap since. */
  #left: MemoryTaken;
  /** The least that there was in the heap, as far as is known. */
  #leastHeap: number;
  /** What there was in the heap when garbage was looked for last. */
  #heapThen: number | undefined;
  /** What came of that is to be judged. */
  #isCollecting = false;
  #isOver = false;

  /** Looks every ten seconds from now on. */
  constructor(options: SpareMemoryOptions) {
    this.#options = options;
    this.#left = options.memory();
    this.#leastHeap = this.#left.heapUsed;
    const now = options.clock.now();
    this.#giving = new Effort(now, longestGivingMs);
    this.#collecting = new Effort(now, longestCollectingMs);
    this.#arm();
  }

  /** Looks no more. Resolves when nothing is being given back any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#timer?.cancel();
    await this.#given;
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(usualMs, () => {
      this.#collect(this.#options.memory());
      this.#given = this.#giveBack().finally(() => {
        if (!this.#isOver) this.#arm();
      });
    });
  }

  #collect({ heapUsed }: MemoryTaken): void {
    const { clock, collect } = this.#options;
    const grown = heapUsed - (this.#heapThen ?? heapUsed);
    if (this.#isCollecting) this.#collecting.ended(-grown >= worthBytes);
    this.#isCollecting = false;
    if (grown >= garbageBytes) this.#collecting.encourage();
    this.#leastHeap = Math.min(this.#leastHeap, heapUsed);
    if (heapUsed - this.#leastHeap < garbageBytes || !this.#collecting.begins(clock.now())) return;
    collect();
    this.#heapThen = heapUsed;
    this.#isCollecting = true;
  }

  async #giveBack(): Promise<void> {
    const { clock, memory, giveBack } = this.#options;
    const before = memory();
    const most = Math.max(this.#left.external, before.external);
    this.#left = { ...this.#left, external: most };
    const gained = Math.max(before.rss - this.#left.rss, most - before.external);
    if (gained >= worthBytes) this.#giving.encourage();
    if (!this.#giving.begins(clock.now())) return;
    await giveBack();
    this.#left = memory();
    this.#giving.ended(before.rss - this.#left.rss >= worthBytes);
  }
}
