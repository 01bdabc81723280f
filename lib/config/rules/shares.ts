/**
 * What VPP makes of weights: the buckets that servers get in the table of a VIP. A server of weight
 * w takes w turns in a round; the first turns of all come first, then the second ones, and so on,
 * round after round until the table is full. Where it is full within a round, servers of a large
 * weight have not had all of their turns (lb.c, lb_vip_update_new_flow_table).
 *
 * @module
 */

import { mostBuckets } from "../schema.ts";

/** A share may be off by this part of itself, no more than hashing a few hundred flows does. */
const tolerance = 0.05;

/** How many servers have a weight, by weight; those of weight 0 do not count. */
export type WeightCounts = ReadonlyMap<number, number>;

/** Counts the servers of each weight, in the order of weights. */
export function countWeights(weights: Iterable<number>): WeightCounts {
  const counts = new Map<number, number>();
  for (const weight of [...weights].sort((a, b) => a - b)) {
    if (weight > 0) counts.set(weight, (counts.get(weight) ?? 0) + 1);
  }
  return counts;
}

/** Sum of all weights. */
export function sumOf(counts: WeightCounts): number {
  let sum = 0;
  for (const [weight, servers] of counts) sum += weight * servers;
  return sum;
}

/** Number of servers. */
export function serversOf(counts: WeightCounts): number {
  let all = 0;
  for (const servers of counts.values()) all += servers;
  return all;
}

/**
 * The buckets that a server of each weight gets, by weight: the average, where only some of them
 * have the table's last bucket.
 */
export function bucketsByWeight(
  counts: WeightCounts,
  buckets: number,
): ReadonlyMap<number, number> {
  const sum = sumOf(counts);
  const rounds = Math.floor(buckets / sum);
  const shares = new Map<number, number>();
  let left = buckets - rounds * sum;
  let takers = serversOf(counts);
  let extra = 0;
  let turns = 0;
  for (const [weight, servers] of counts) {
    // The turns that this weight still has, and no lighter one.
    const taken = Math.min(left, takers * (weight - turns));
    extra += taken / takers;
    left -= taken;
    shares.set(weight, weight * rounds + extra);
    takers -= servers;
    turns = weight;
  }
  return shares;
}

/** A server whose share is not what its weight promises. */
export interface WrongShare {
  readonly weight: number;
  /** What it gets. */
  readonly buckets: number;
  /** What would be in proportion. */
  readonly fair: number;
}

/**
 * The weight whose share is furthest off, unless all are near enough or within one bucket; then the
 * first that a lighter one has the same share as.
 */
export function wrongShare(counts: WeightCounts, buckets: number): WrongShare | undefined {
  const sum = sumOf(counts);
  let worst: WrongShare | undefined;
  let worstOff = tolerance;
  for (const [weight, got] of bucketsByWeight(counts, buckets)) {
    const fair = buckets * weight / sum;
    const off = Math.abs(got - fair) / fair;
    if (Math.abs(got - fair) <= 1 || off <= worstOff) continue;
    worst = { weight, buckets: got, fair };
    worstOff = off;
  }
  return worst ?? sameShare(counts, buckets);
}

/** A weight that is told from no lighter one: the table was full before its turns began to differ. */
function sameShare(counts: WeightCounts, buckets: number): WrongShare | undefined {
  let lighter: number | undefined;
  for (const [weight, got] of bucketsByWeight(counts, buckets)) {
    if (got === lighter) return { weight, buckets: got, fair: buckets * weight / sumOf(counts) };
    lighter = got;
  }
  return undefined;
}

/** The shortest table, longer than `buckets`, with which no share is wrong and none is empty. */
export function enoughBuckets(counts: WeightCounts, buckets: number): number | undefined {
  const servers = serversOf(counts);
  for (let more = buckets * 2; more <= mostBuckets; more *= 2) {
    if (servers <= more && !wrongShare(counts, more)) return more;
  }
  return undefined;
}

/** What all weights can be divided by to be in proportion; undefined when that does not help. */
export function usefulDivisor(counts: WeightCounts, buckets: number): number | undefined {
  const divisor = [...counts.keys()].reduce(gcd, 0);
  if (serversOf(counts) > buckets) return undefined;
  const divided = new Map([...counts].map(([weight, servers]) => [weight / divisor, servers]));
  return wrongShare(divided, buckets) ? undefined : divisor;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
