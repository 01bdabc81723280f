/** How long the last probes of one target took, in milliseconds. */
export interface ProbeTimes {
  /** How many these are, from 1 up to 100. */
  readonly count: number;
  /** Half of them took no longer, … */
  readonly p50: number;
  /** … and 95 of 100 no longer than this. */
  readonly p95: number;
  readonly max: number;
}

/**
 * What durations come to, by nearest rank: each figure is one that was measured. Undefined for
 * none. The durations are put in order.
 */
export function probeTimes(durations: Float32Array): ProbeTimes | undefined {
  const count = durations.length;
  if (count === 0) return undefined;
  durations.sort();
  const atRank = (share: number) => durations[Math.ceil(share * count) - 1] ?? 0;
  return { count, p50: atRank(.5), p95: atRank(.95), max: atRank(1) };
}
