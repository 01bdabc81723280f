/**
 * VPP's pool (src/vppinfra/pool.h): elements have indices, and the index freed last is given out
 * first. Walking one goes by index, whatever the order of insertion.
 */
export class Pool<T> {
  readonly #elements: (T | undefined)[] = [];
  readonly #free: number[] = [];

  /** The index that {@link put} will use next. */
  get next(): number {
    return this.#free.at(-1) ?? this.#elements.length;
  }

  /** How many elements there are. */
  get size(): number {
    return this.#elements.length - this.#free.length;
  }

  /** Stores the element and returns its index. */
  put(element: T): number {
    const index = this.#free.pop() ?? this.#elements.length;
    this.#elements[index] = element;
    return index;
  }

  /** The element, if this index is in use. */
  get(index: number): T | undefined {
    return this.#elements[index];
  }

  /** Frees the index. */
  free(index: number): void {
    if (this.#elements[index] === undefined) return;
    this.#elements[index] = undefined;
    this.#free.push(index);
  }

  /** The elements by index. */
  *[Symbol.iterator](): Generator<T> {
    for (const element of this.#elements) if (element !== undefined) yield element;
  }

  /** Indices and elements. */
  *entries(): Generator<[number, T]> {
    for (const [index, element] of this.#elements.entries()) {
      if (element !== undefined) yield [index, element];
    }
  }
}
