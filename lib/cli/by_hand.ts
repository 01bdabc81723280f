import type { ByHand, DrainInfo } from "../gen/maglev_pb.ts";
import { drainWord } from "./drain_text.ts";
import { formatAgo } from "./format.ts";

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
  const who = actor ? ` by ${[actor.name, actor.from].filter((p) => p !== "").join(" from ")}` : "";
  const when = atUnixNs === 0n ? "" : ` ${formatAgo(atUnixNs, now)} ago`;
  return `${drain ? drainWord(drain) : value}${who}${when}; the file says ${file}`;
}
