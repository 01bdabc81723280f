import type { ImportGraph } from "./imports.ts";

/** Which test files are run for a module, the likeliest to fail first. */
export class TestOrder {
  readonly #graph: ImportGraph;
  /** Test files with the milliseconds that each takes, 0 if nobody measured. */
  readonly #files: ReadonlyMap<string, number>;
  readonly #distances = new Map<string, ReadonlyMap<string, number>>();
  /** For each module, the mutants that each test file has killed. */
  readonly #kills = new Map<string, Map<string, number>>();

  /** Of the test files of one room. */
  constructor(graph: ImportGraph, files: ReadonlyMap<string, number>) {
    this.#graph = graph;
    this.#files = files;
  }

  /**
   * The files whose tests load `module`: first those that killed its mutants before, then those
   * with the fewest imports in between, then the quickest. Others cannot notice.
   */
  of(module: string): string[] {
    const kills = this.#kills.get(module);
    return [...this.#files].flatMap(([path, milliseconds]) => {
      const distance = this.#from(path).get(module);
      if (distance === undefined) return [];
      return [{ path, rank: [-(kills?.get(path) ?? 0), distance, milliseconds] }];
    }).sort((a, b) => compare(a.rank, b.rank)).map(({ path }) => path);
  }

  /** Remembers that a test of `file` noticed a change of `module`. */
  killed(module: string, file: string): void {
    const kills = this.#kills.get(module) ?? new Map<string, number>();
    this.#kills.set(module, kills.set(file, (kills.get(file) ?? 0) + 1));
  }

  #from(test: string): ReadonlyMap<string, number> {
    const known = this.#distances.get(test) ?? this.#graph.distancesFrom(test);
    this.#distances.set(test, known);
    return known;
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
