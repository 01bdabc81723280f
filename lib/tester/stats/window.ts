/** What a window holds, in milliseconds where it is time; undefined where nothing was answered. */
export interface Summary {
  /** Tries in the window. */
  readonly tries: number;
  readonly failures: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly max: number | undefined;
}

/** How much a window holds. */
export interface WindowLimits {
  /** For how long a try counts, in milliseconds. */
  readonly forMs: number;
  /** How many tries count, at least 1: the latest. */
  readonly most: number;
}

const smallest = 64;

/**
 * The latest tries of a VIP: how long answers took, and how many failed. A ring that grows up to its
 * limit and holds 16 bytes for each try. Pure.
 */
export class RollingWindow {
  #at = new Float64Array(smallest);
  /** NaN for a failure. */
  #ms = new Float64Array(smallest);
  #first = 0;
  #length = 0;
  #known: Summary | undefined;

  constructor(private readonly limits: WindowLimits) {}

  /** Adds a try that ended at `at`, which never goes back; `ms` undefined is a failure. */
  add(at: number, ms: number | undefined): void {
    this.#drop(at);
    if (this.#length === this.limits.most) this.#dropOne();
    if (this.#length === this.#at.length) this.#grow();
    const place = (this.#first + this.#length) % this.#at.length;
    this.#at[place] = at;
    this.#ms[place] = ms ?? NaN;
    this.#length++;
    this.#known = undefined;
  }

  /** What is in it at `now`. */
  summary(now: number): Summary {
    this.#drop(now);
    return this.#known ??= this.#summarize();
  }

  #summarize(): Summary {
    const answered = new Float64Array(this.#length);
    let count = 0;
    for (let i = 0; i < this.#length; i++) {
      const ms = this.#ms[(this.#first + i) % this.#ms.length] ?? NaN;
      if (!Number.isNaN(ms)) answered[count++] = ms;
    }
    const sorted = answered.subarray(0, count).sort();
    return {
      tries: this.#length,
      failures: this.#length - count,
      p50: percentile(sorted, 50),
      p95: percentile(sorted, 95),
      p99: percentile(sorted, 99),
      max: sorted.at(-1),
    };
  }

  #drop(now: number): void {
    while (this.#length > 0 && (this.#at[this.#first] ?? 0) <= now - this.limits.forMs) {
      this.#dropOne();
    }
  }

  #dropOne(): void {
    this.#first = (this.#first + 1) % this.#at.length;
    this.#length--;
    this.#known = undefined;
  }

  #grow(): void {
    const size = this.#at.length;
    const larger = (ring: Float64Array) => {
      const grown = new Float64Array(2 * size);
      for (let i = 0; i < size; i++) grown[i] = ring[(this.#first + i) % size] ?? 0;
      return grown;
    };
    [this.#at, this.#ms] = [larger(this.#at), larger(this.#ms)];
    this.#first = 0;
  }
}

/**
 * The nearest rank: the least of the values that so many percent of them do not exceed. Undefined
 * without values. Pure.
 */
export function percentile(sorted: Float64Array, percent: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(percent * sorted.length / 100) - 1)];
}
