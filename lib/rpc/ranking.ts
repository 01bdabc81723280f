/** Who has how many of something, the one with most at hand, however many there are. */
export class Ranking {
  readonly #counts = new Map<string, number>();
  readonly #levels = new Map<number, Set<string>>();
  #most = 0;

  /** Those that have something; others cost nothing. */
  get size(): number {
    return this.#counts.size;
  }

  /** What `name` has. */
  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** One of those that have most; undefined if nobody has anything. */
  get first(): string | undefined {
    for (const name of this.#levels.get(this.#most) ?? []) return name;
    return undefined;
  }

  /** `name` has one more. */
  add(name: string): void {
    this.#move(name, this.of(name) + 1);
  }

  /** `name` has one less. */
  remove(name: string): void {
    this.#move(name, this.of(name) - 1);
  }

  #move(name: string, count: number): void {
    const before = this.of(name);
    const level = this.#levels.get(before);
    level?.delete(name);
    if (level?.size === 0) this.#levels.delete(before);
    if (count > 0) {
      this.#counts.set(name, count);
      const others = this.#levels.get(count) ?? new Set();
      this.#levels.set(count, others.add(name));
    } else {
      this.#counts.delete(name);
    }
    this.#most = Math.max(this.#most, count);
    while (this.#most > 0 && !this.#levels.has(this.#most)) this.#most--;
  }
}
