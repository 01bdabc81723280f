/**
 * Numbers drawn from a seed: equal seeds give equal numbers (xorshift128 of Marsaglia, seeded by
 * splitmix32). Good enough to choose by, not to keep secrets with.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Any number; its whole part modulo 2^53 counts. */
  constructor(seed: number) {
    const high = Math.floor(seed / 2 ** 32) >>> 0;
    const mix = splitmix((seed >>> 0) ^ Math.imul(high, 0x9e3779b1));
    this.#a = mix();
    this.#b = mix();
    this.#c = mix();
    this.#d = mix() | 1;
  }

  /** From 0 up to, not including, 1. */
  readonly next = (): number => {
    let t = this.#d;
    const s = this.#a;
    this.#d = this.#c;
    this.#c = this.#b;
    this.#b = s;
    t ^= t << 11;
    t ^= t >>> 8;
    this.#a = (t ^ s ^ (s >>> 19)) >>> 0;
    return this.#a / 2 ** 32;
  };

  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** True `share` of the time. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of `choices`, which are not empty. */
  pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.next() * choices.length)];
    if (choice === undefined) throw new RangeError("there is nothing to pick from");
    return choice;
  }

  /** One of `choices`, or undefined when there is none. */
  pickAny<T>(choices: readonly T[]): T | undefined {
    return choices.length === 0 ? undefined : this.pick(choices);
  }

  /** The same things in any order. */
  shuffled<T>(things: readonly T[]): T[] {
    const keyed = things.map((thing) => ({ thing, key: this.next() }));
    return keyed.sort((a, b) => a.key - b.key).map(({ thing }) => thing);
  }

  /** Another source, independent of how much is drawn from this one later. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 2 ** 32) * 2 ** 21 + this.between(0, 2 ** 21 - 1));
  }
}

function splitmix(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let t = state ^ (state >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return (t ^ (t >>> 15)) >>> 0;
  };
}
