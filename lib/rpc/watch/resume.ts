import type { Journal, MaglevEvent } from "../../events/mod.ts";
import type { WatchFilter } from "./filter.ts";

/** How a stream goes on behind what its client has seen. */
export interface Resumption {
  /** What it has missed, oldest first; undefined where that cannot be said. */
  readonly missed: readonly MaglevEvent[] | undefined;
  /** Why not, for the operator; empty if nobody asked. */
  readonly reason: string;
}

/** All events behind `since`, if they are of this run of maglevd and all kept. */
export function resume(
  since: WatchFilter["since"],
  journal: Journal,
  streamId: string,
): Resumption {
  if (!since) return { missed: undefined, reason: "" };
  const { seq } = since;
  if (since.streamId !== streamId) {
    return { missed: undefined, reason: "maglevd was restarted meanwhile" };
  }
  if (seq > journal.newestSeq) {
    const reason = `event ${seq} has not happened yet: the last one is ${journal.newestSeq}`;
    return { missed: undefined, reason };
  }
  const missed = journal.since(Number(seq));
  const reason = missed ? "" : `not all events behind ${seq} are kept`;
  return { missed, reason };
}
