import { show } from "./path.ts";

/** Finds the known word that was probably meant, within a budget that bounds hostile files. */
export class Suggester {
  #comparisonsLeft = 100_000;

  /** ` did you mean "x"?` with a leading `;`, or an empty string when nothing is near. */
  hint(word: string, known: Iterable<string>): string {
    const best = this.#nearest(word, known);
    return best === undefined ? "" : `; did you mean ${show(best)}?`;
  }

  #nearest(word: string, known: Iterable<string>): string | undefined {
    if (word.length > 64) return undefined;
    let best: string | undefined;
    let least = Math.max(1, Math.floor(word.length / 3)) + 1;
    for (const candidate of known) {
      if (this.#comparisonsLeft-- <= 0) break;
      if (Math.abs(candidate.length - word.length) >= least) continue;
      const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
      if (distance < least) [best, least] = [candidate, distance];
    }
    return best;
  }
}

/** Insertions, deletions, replacements and swaps of neighbours that turn one word into the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      }
      row.push(cost);
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
