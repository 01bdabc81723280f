import type { Steps } from "../time/mod.ts";
import { deltaOf } from "./delta.ts";
import { Draft } from "./draft.ts";
import { take } from "./reduce.ts";
import type { MaglevdState } from "./state.ts";
import type { Change, EventChange, JournalEntry, News } from "./wire.ts";

/**
 * What changes come to: the state behind them, and what browsers are told. However much happened,
 * of each object they are told its newest, and of the journal no more than so many entries, the last
 * of which says how many more there are. A change a step. Pure.
 */
export function* digest(
  state: MaglevdState,
  changes: readonly Change[],
  entries: number,
): Steps<{ readonly state: MaglevdState; readonly news: readonly News[] }> {
  const own = changes.filter((change) => change.kind === "event" || change.kind === "reading");
  // Its tables are copied once for all that is new.
  const draft = new Draft(state);
  for (const change of withFewEntries(own, entries)) {
    take(draft, change);
    yield;
  }
  const delta = yield* deltaOf(state, draft.done(), draft.affected);
  const link = changes.findLast((change) => change.kind === "link");
  const traffic = changes.findLast((change) => change.kind === "traffic");
  const pulses = changes.filter((change) => change.kind === "pulses");
  const news = [link, delta, ...pulses, traffic].filter((each) => each !== undefined);
  for (const each of news) if (each.kind !== "delta") take(draft, each);
  return { state: draft.done(), news };
}

/** What many other events follow from, or nothing else tells of. */
const foremost: ReadonlySet<string> = new Set([
  ...["frontend", "pool", "safety", "reload", "vpp", "probing", "drain", "override"],
]);

function withFewEntries(changes: readonly Change[], limit: number): readonly Change[] {
  const noted = changes.filter((change) => change.kind === "event");
  if (noted.length <= limit) return changes;
  const isForemost = ({ about }: EventChange) => foremost.has(about);
  const ranked = [
    ...noted.filter(isForemost).reverse(),
    ...noted.filter((change) => !isForemost(change)).reverse(),
  ];
  const left = new Set(ranked.slice(limit - 1));
  const last = noted.findLast((change) => left.has(change));
  return changes.map((change) => {
    if (change.kind !== "event" || !left.has(change)) return change;
    return { ...change, entry: change === last ? () => leftOut(change, left) : undefined };
  });
}

/** Says how many entries are not told, and of which kinds, in place of the last of them. */
function leftOut({ event: last }: EventChange, left: ReadonlySet<EventChange>): JournalEntry {
  const groups = Map.groupBy(left, ({ about }) => about);
  const kinds = [...groups].map(([kind, { length }]) => `${length} ${kind}`).join(", ");
  return {
    ...{
      seq: last.seq,
      at: last.atUnixNs / 1e6,
      kind: "more",
      backend: "",
      frontend: "",
      actor: "",
      to: "",
    },
    what: `${left.size} more events: ${kinds}`,
    why: "too many at once; the journal has them when it is read anew",
  };
}
