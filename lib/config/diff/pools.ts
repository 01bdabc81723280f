import type { Pool } from "../types.ts";

/** Differences between the pools of a frontend. `nameNow` tells what a backend is called by now. */
export function poolDifferences(
  before: readonly Pool[],
  after: readonly Pool[],
  nameNow: (backend: string) => string,
): string[] {
  const olds = new Map(before.map((pool) => [pool.name, pool]));
  const news = new Map(after.map((pool) => [pool.name, pool]));
  const differences: string[] = [];
  for (const name of olds.keys()) {
    if (!news.has(name)) differences.push(`pool ${name} removed`);
  }
  for (const [name, pool] of news) {
    const old = olds.get(name);
    if (!old) differences.push(`pool ${name} added`);
    differences.push(...memberDifferences(name, old, pool, nameNow));
  }
  const [from, to] = [[...olds.keys()], [...news.keys()]];
  const stayed = from.filter((name) => news.has(name));
  if (stayed.join(" ") !== to.filter((name) => olds.has(name)).join(" ")) {
    differences.push(`pools ${from.join(", ")} -> ${to.join(", ")}`);
  }
  return differences;
}

function memberDifferences(
  pool: string,
  before: Pool | undefined,
  after: Pool,
  nameNow: (backend: string) => string,
): string[] {
  const left = new Map(before?.backends.map(({ backend, weight }) => [nameNow(backend), weight]));
  const differences: string[] = [];
  for (const { backend, weight } of after.backends) {
    const from = left.get(backend);
    left.delete(backend);
    if (from === undefined) differences.push(`${backend} added to pool ${pool}, weight ${weight}`);
    else if (from !== weight) {
      differences.push(`weight of ${backend} in pool ${pool} ${from} -> ${weight}`);
    }
  }
  for (const backend of left.keys()) differences.push(`${backend} removed from pool ${pool}`);
  return differences;
}
