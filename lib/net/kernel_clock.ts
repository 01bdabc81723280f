import { libc, pointerTo } from "./libc.ts";

const CLOCK_REALTIME = 0;
const CLOCK_MONOTONIC = 1;

/** struct timespec; of the seconds the lower half is enough until 2106. */
const stamp = new Uint32Array(4);
const stampPointer = pointerTo(new Uint8Array(stamp.buffer));

/** Unix time in milliseconds, with fractions, by clock_gettime(2). */
export function kernelWall(): number {
  return read(CLOCK_REALTIME);
}

/**
 * Monotonic milliseconds, with fractions, from some start. `performance.now()` takes 100 to 300 ns
 * (Deno 2.9), this a third of it, and a probe asks often.
 */
export function kernelNow(): number {
  return read(CLOCK_MONOTONIC);
}

function read(clock: number): number {
  libc.clock_gettime(clock, stampPointer);
  return (stamp[0] ?? 0) * 1000 + (stamp[2] ?? 0) / 1e6;
}
