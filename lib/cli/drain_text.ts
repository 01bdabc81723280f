import type { DrainInfo } from "../gen/maglev_pb.ts";
import { formatAgo, formatSpan } from "./format.ts";

/** `draining` or `drained`. */
export function drainWord({ drainedUnixNs }: DrainInfo): string {
  return drainedUnixNs === 0n ? "draining" : "drained";
}

/** The same in full: `draining for 12s, 34 packets/s, what is left is moved away in 9m48s`. */
export function drainText(drain: DrainInfo, now: number): string {
  const { actor, sinceUnixNs, deadlineUnixNs, drainedUnixNs, packetsPerSecond } = drain;
  const who = [actor?.name ?? "", actor?.from ?? ""].filter((part) => part !== "").join(" from ");
  const by = who === "" ? "" : ` by ${who}`;
  if (drainedUnixNs !== 0n) {
    const took = formatSpan(Number(drainedUnixNs - sinceUnixNs) / 1e6);
    return `drained${by}, for ${formatAgo(drainedUnixNs, now)}, after ${took}`;
  }
  const leftMs = Number(deadlineUnixNs) / 1e6 - now;
  return [
    `draining${by} for ${formatAgo(sinceUnixNs, now)}`,
    packetsPerSecond === undefined ? "" : `${Math.round(packetsPerSecond)} packets/s`,
    deadlineUnixNs === 0n
      ? ""
      : leftMs > 0
      ? `what is left is moved away in ${formatSpan(leftMs)}`
      : "what is left is moved away",
  ].filter((part) => part !== "").join(", ");
}
