/** How often a value came. */
export interface Tallied {
  readonly value: string;
  readonly count: number;
  /** Whether it came a moment ago. */
  readonly isRecent: boolean;
}

/** For so long a value is bright, in milliseconds. */
export const recentMs = 5_000;

/** Values kept of one VIP. */
const most = 32;

/** Characters kept of a value. */
const longest = 64;

/**
 * Which values a header had, and how often. Keeps 32; another one takes the place of the one that
 * was not seen for longest, if that is no longer recent, and is else only counted. Pure.
 */
export class Tally {
  /** Those seen last at the end. */
  readonly #values = new Map<string, { count: number; lastAt: number }>();
  #others = 0;
  #without = 0;

  /** Answers whose values are not kept. */
  get others(): number {
    return this.#others;
  }

  /** Answers without the header. */
  get without(): number {
    return this.#without;
  }

  /** An answer came at `at`; undefined is one without the header. */
  add(header: string | undefined, at: number): void {
    if (header === undefined) {
      this.#without++;
      return;
    }
    const value = header.length > longest ? `${header.slice(0, longest - 1)}…` : header;
    const known = this.#values.get(value);
    if (!known && this.#values.size >= most && !this.#makeRoom(at)) {
      this.#others++;
      return;
    }
    this.#values.delete(value);
    this.#values.set(value, { count: (known?.count ?? 0) + 1, lastAt: at });
  }

  /** The values by name, so that none changes its place. */
  values(now: number): Tallied[] {
    return Array.from(this.#values, ([value, { count, lastAt }]) => ({
      ...{ value, count, isRecent: now - lastAt < recentMs },
    })).sort((a, b) => a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
  }

  #makeRoom(at: number): boolean {
    const [oldest] = this.#values;
    if (!oldest || at - oldest[1].lastAt < recentMs) return false;
    this.#values.delete(oldest[0]);
    this.#others += oldest[1].count;
    return true;
  }
}
