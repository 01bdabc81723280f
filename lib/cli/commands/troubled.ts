import type { BackendInfo } from "../../gen/maglev_pb.ts";
import { formatAgo, formatOutcome } from "../format.ts";
import { sinceOf } from "../lists.ts";
import { doesFlap } from "./backend_filters.ts";

/** So many backends are named; `show backends` has them all. */
const named = 10;

/** Backends that are down or flap: those that changed last come first. */
export function troubledBackends(backends: readonly BackendInfo[]): BackendInfo[] {
  return backends.filter((backend) => backend.state === "down" || isFlapping(backend))
    .sort((a, b) => Number(sinceOf(b) - sinceOf(a)));
}

/** Who is out of service by an operator's word has changed by that. */
function isFlapping(backend: BackendInfo): boolean {
  const { state } = backend;
  return state !== "paused" && state !== "disabled" && doesFlap(backend);
}

/** A line for each of the first ones. */
export function troubleLines(troubled: readonly BackendInfo[], now: number): string[] {
  const lines = troubled.slice(0, named).map((backend) => troubleOf(backend, now));
  const rest = troubled.length - lines.length;
  if (rest === 0) return lines;
  return [...lines, `and ${rest} more: show backends down, show backends flapping`];
}

function troubleOf(backend: BackendInfo, now: number): string {
  const { name, state, recentChanges, lastProbe, frontends } = backend;
  const where = frontends.length === 0 ? "no frontend" : frontends.join(", ");
  if (doesFlap(backend)) {
    return `${name} flaps: changed ${recentChanges} times in 10 minutes, is ${state}; in ${where}`;
  }
  const began = sinceOf(backend);
  const since = began === 0n ? "" : ` for ${formatAgo(began, now)}`;
  const why = lastProbe
    ? `: ${lastProbe.ok ? "its last probe passed, " : ""}${formatOutcome(lastProbe)}`
    : "";
  return `${name} is down${since}${why}; in ${where}`;
}
