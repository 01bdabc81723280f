import type { BackendInfo, ByHand, DrainInfo, FrontendInfo } from "../gen/maglev_pb.ts";
import { formatActor, formatAgo, formatIn, formatSpan, formatTime } from "./format.ts";

/** `draining` or `drained`. */
export function drainWord({ drainedUnixNs }: DrainInfo): string {
  return drainedUnixNs === 0n ? "draining" : "drained";
}

/** The same in full: `draining for 12s, 34 packets/s, what is left is moved away in 9m48s`. */
export function drainText(drain: DrainInfo, now: number): string {
  const { actor, sinceUnixNs, deadlineUnixNs, drainedUnixNs, packetsPerSecond } = drain;
  const who = formatActor(actor);
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

/** The mark of a value that was set by hand, with what the file says: `by hand, file 100`. */
export function handMark(byHand: ByHand | undefined): string {
  return byHand ? `by hand, file ${byHand.file}` : "";
}

/**
 * The same in full: `paused by operator from 192.0.2.7 3m ago; the file says enabled`. A drain says
 * by itself how far it is.
 */
export function handText(
  { value, file, actor, atUnixNs }: ByHand,
  now: number,
  drain?: DrainInfo,
): string {
  const who = actor ? ` by ${formatActor(actor)}` : "";
  const when = atUnixNs === 0n ? "" : ` ${formatAgo(atUnixNs, now)} ago`;
  return `${drain ? drainWord(drain) : value}${who}${when}; the file says ${file}`;
}

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

/** The weights that were set by hand, each with its place. */
export function weightsByHand(frontends: readonly FrontendInfo[]) {
  return frontends.flatMap(({ name: frontend, pools }) =>
    pools.flatMap(({ name: pool, backends }) =>
      backends.flatMap(({ name: backend, weight, byHand }) =>
        byHand ? [{ frontend, pool, backend, weight, byHand }] : []
      )
    )
  );
}
