import type { BackendInfo } from "../gen/maglev_pb.ts";
import { formatIn, formatTime } from "./format.ts";

/** A certificate that ends within so many milliseconds ends soon: 14 days. */
const soonMs = 14 * 86_400_000;

/** Whether a certificate ends soon, or has ended; 0 stands for none. `now` in Unix milliseconds. */
export function endsSoon(endUnixNs: bigint, now: number): boolean {
  return endUnixNs !== 0n && Number(endUnixNs) / 1e6 < now + soonMs;
}

/** When it ends, and how far away that is: `ends 2026-01-11 09:17:25.000Z (in 9d6h)`. */
export function certificateText(endUnixNs: bigint, now: number): string {
  const hasEnded = Number(endUnixNs) / 1e6 < now;
  return `${hasEnded ? "ended" : "ends"} ${formatTime(endUnixNs)} (${formatIn(endUnixNs, now)})`;
}

/** Backends whose certificates end soon, the first to end first. */
export function endingSoon(backends: readonly BackendInfo[], now: number): BackendInfo[] {
  return backends.filter(({ certificateEndUnixNs: end }) => endsSoon(end, now))
    .sort((a, b) => a.certificateEndUnixNs < b.certificateEndUnixNs ? -1 : 1);
}
