/** Nanoseconds in the wire's 64 bits, from milliseconds with fractions; rounded, never thrown. */
export function nanoseconds(ms: number): bigint {
  return Number.isFinite(ms) ? BigInt(Math.round(ms * 1e6)) : 0n;
}
