/** Numbers from 0 up to below 1 that depend on the seed alone (splitmix32 over FNV-1a). */
export function randomOf(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const octet of new TextEncoder().encode(seed)) {
    state = Math.imul(state ^ octet, 0x01000193);
  }
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** The items in an order that depends on the seed alone. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items.map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** One item of each list in turn, until all have given theirs. */
export function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, index) => index)
    .flatMap((index) => lists.flatMap((list) => list.slice(index, index + 1)));
}
