import type { Clock, Timer } from "../time/mod.ts";

/** How often is looked at what there is, in milliseconds. */
const lookMs = 1_000;

/** How often, as long as it is worth it, and how seldom otherwise, in milliseconds. */
interface Pace {
  readonly usualMs: number;
  readonly longestMs: number;
}

/** Of looking for garbage, which takes a tenth of a second of CPU with 150 MB. */
const collecting: Pace = { usualMs: 1_000, longestMs: 80_000 };

/** Of giving back what was freed. */
const giving: Pace = { usualMs: 10_000, longestMs: 320_000 };

/** So many octets more or less are worth it. */
const worthBytes = 8 * 1024 * 1024;

/** So many octets more in the heap than there were once are likely to be garbage. */
const garbageBytes = 32 * 1024 * 1024;

/**
 * So many octets more resident may hang on garbage: of a TLS connection the heap has next to nothing,
 * and the runtime up to 200 KB.
 */
const hangingBytes = 64 * 1024 * 1024;

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

/** Something that is tried at its usual pace while it is worth it, and ever more seldom while not. */
class Effort {
  #waitMs: number;
  #isHinted = false;

  constructor(private readonly pace: Pace, private triedAt: number) {
    this.#waitMs = pace.usualMs;
  }

  /** There is a reason to think that it is worth it again. */
  encourage(): void {
    this.#waitMs = this.pace.usualMs;
  }

  /** It may be worth it once. */
  hint(): void {
    this.#isHinted = true;
  }

  /** Whether it is time to try. */
  begins(now: number): boolean {
    const waitMs = this.#isHinted ? this.pace.usualMs : this.#waitMs;
    if (now - this.triedAt < waitMs) return false;
    this.triedAt = now;
    this.#isHinted = false;
    return true;
  }

  /** What came of it. */
  ended(isWorthIt: boolean): void {
    const { usualMs, longestMs } = this.pace;
    this.#waitMs = isWorthIt ? usualMs : Math.min(longestMs, 2 * this.#waitMs);
  }
}

/**
 * Gives back to the system what a burst of requests has left behind: garbage in the heap, for which
 * a process that goes on at its usual pace may not look for long, and what was freed, which the C
 * library keeps: of 330 MB it was more than a third. Each time that brings nothing the next is twice
 * as far away, until there is more in memory again, or less of it is needed.
 */
export class SpareMemory implements AsyncDisposable {
  readonly #giving: Effort;
  readonly #collecting: Effort;
  #timer: Timer | undefined;
  #given: Promise<void> = Promise.resolve();
  /** As it was when it was given back last, but for the most that was held outside of the heap since. */
  #left: MemoryTaken;
  /** The least that there was of each, as far as is known. */
  #least: Pick<MemoryTaken, "rss" | "heapUsed">;
  /** What there was when garbage was looked for last. */
  #then: Pick<MemoryTaken, "rss" | "heapUsed">;
  /** What came of that is to be judged. */
  #isCollecting = false;
  #isOver = false;

  /** Looks every second from now on. */
  constructor(private readonly options: SpareMemoryOptions) {
    this.#left = this.#least = this.#then = options.memory();
    const now = options.clock.now();
    this.#giving = new Effort(giving, now);
    this.#collecting = new Effort(collecting, now);
    this.#arm();
  }

  /** Looks no more. Resolves when nothing is being given back any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#timer?.cancel();
    await this.#given;
  }

  #arm(): void {
    this.#timer = this.options.clock.after(lookMs, () => {
      const memory = this.options.memory();
      this.#collect(memory);
      this.#given = this.#giveBack(memory).finally(() => {
        if (!this.#isOver) this.#arm();
      });
    });
  }

  #collect(now: MemoryTaken): void {
    const { clock, collect } = this.options;
    const inHeap = now.heapUsed - this.#then.heapUsed;
    const inAll = now.rss - this.#then.rss;
    if (this.#isCollecting) {
      this.#collecting.ended(Math.min(inHeap, inAll) <= -worthBytes);
      // What hung on garbage is freed, and not to be seen from here.
      this.#giving.hint();
    }
    this.#isCollecting = false;
    if (inHeap >= garbageBytes || inAll >= hangingBytes) this.#collecting.encourage();
    this.#least = {
      rss: Math.min(this.#least.rss, now.rss),
      heapUsed: Math.min(this.#least.heapUsed, now.heapUsed),
    };
    const isMuch = now.heapUsed - this.#least.heapUsed >= garbageBytes ||
      now.rss - this.#least.rss >= hangingBytes;
    if (!isMuch || !this.#collecting.begins(clock.now())) return;
    collect();
    this.#then = now;
    this.#isCollecting = true;
  }

  async #giveBack(before: MemoryTaken): Promise<void> {
    const { clock, memory, giveBack } = this.options;
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
