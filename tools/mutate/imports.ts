import { walk } from "./tree.ts";

/** For each module, how many imports lie between it and a test: 1 for what the test imports. */
export type Distances = ReadonlyMap<string, number>;

/** What each module names of the others, read once. */
export class ImportGraph {
  readonly #edges: ReadonlyMap<string, readonly string[]>;

  /** From the texts of all modules by their paths from the root of the tree. */
  constructor(texts: ReadonlyMap<string, string>) {
    this.#edges = new Map(
      [...texts].map(([path, text]) => [path, namedIn(path, text).filter((to) => texts.has(to))]),
    );
  }

  /** Of the tree at `root`: its programs, lib/ and tests/. */
  static async of(root: string): Promise<ImportGraph> {
    const paths = [...await walk(root, "lib"), ...await walk(root, "tests"), "main.ts", "cli.ts"];
    const texts = paths.filter((path) => path.endsWith(".ts"))
      .map(async (path) => [path, await Deno.readTextFile(`${root}/${path}`)] as const);
    return new ImportGraph(new Map(await Promise.all(texts)));
  }

  /** How far each module is from `start`; those it does not reach are absent. */
  distancesFrom(start: string): Distances {
    const distances = new Map([[start, 0]]);
    for (const [path, distance] of distances) {
      for (const next of this.#edges.get(path) ?? []) {
        if (!distances.has(next)) distances.set(next, distance + 1);
      }
    }
    return distances;
  }
}

/**
 * Modules that a text names in whatever way: imported, loaded later, run in a worker, started as a
 * program. Too many do no harm.
 */
function namedIn(path: string, text: string): string[] {
  const named = [...text.matchAll(/["'`]([\w./-]+\.ts)["'`]/g)].map(([, name = ""]) => name);
  return named.flatMap((name) => [resolve(path, name), resolve("", name)]);
}

function resolve(from: string, target: string): string {
  return new URL(target, `file:///${from}`).pathname.slice(1);
}
