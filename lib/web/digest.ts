import { deltaOf, hear } from "./delta.ts";
import { fold } from "./reduce.ts";
import type { MaglevdState } from "./state.ts";
import type { Change, JournalEntry, News } from "./wire.ts";

type EventChange = Extract<Change, { readonly kind: "event" }>;

/**
 * What changes come to: the state behind them, and what browsers are told. However much happened,
 * of each object they are told its newest, and of the journal no more than so many entries, the last
 * of which says how many more there are. Pure.
 */
export function digest(
  state: MaglevdState,
  changes: readonly Change[],
  entries: number,
): { readonly state: MaglevdState; readonly news: readonly News[] } {
  const own = changes.filter((change) => change.kind === "event" || change.kind === "reading");
  const next = fold(state, withFewEntries(own, entries));
  const delta = deltaOf(state, next);
  const link = changes.findLast((change) => change.kind === "link");
  const traffic = changes.findLast((change) => change.kind === "traffic");
  const pulses = changes.filter((change) => change.kind === "pulses");
  const news = [link, delta, ...pulses, traffic].filter((each) => each !== undefined);
  return { state: hear(next, news.filter((each) => each !== delta)), news };
}

/** What many other events follow from, or nothing else tells of. */
const foremost: ReadonlySet<string> = new Set([
  ...["frontend", "pool", "safety", "reload", "vpp", "probing", "drain", "override"],
]);

function withFewEntries(changes: readonly Change[], limit: number): readonly Change[] {
  const noted = changes.filter((change): change is EventChange =>
    change.kind === "event" && change.entry !== undefined
  );
  if (noted.length <= limit) return changes;
  const isForemost = ({ entry }: EventChange) => foremost.has(entry?.kind ?? "");
  const ranked = [
    ...noted.filter(isForemost).reverse(),
    ...noted.filter((change) => !isForemost(change)).reverse(),
  ];
  const left = new Set(ranked.slice(limit - 1));
  const last = noted.findLast((change) => left.has(change));
  return changes.map((change) => {
    if (change.kind !== "event" || !left.has(change)) return change;
    return { ...change, entry: change === last ? leftOut(left) : undefined };
  });
}

/** Says how many entries are not told, and of which kinds. */
function leftOut(left: ReadonlySet<EventChange>): JournalEntry | undefined {
  const counts = new Map<string, number>();
  let last: JournalEntry | undefined;
  for (const { entry } of left) {
    if (!entry) continue;
    counts.set(entry.kind, (counts.get(entry.kind) ?? 0) + 1);
    if (!last || entry.seq > last.seq) last = entry;
  }
  if (!last) return undefined;
  const kinds = [...counts].map(([kind, count]) => `${count} ${kind}`).join(", ");
  return {
    ...{ seq: last.seq, at: last.at, kind: "more", backend: "", frontend: "", actor: "", to: "" },
    what: `${left.size} more events: ${kinds}`,
    why: "too many at once; the journal has them when it is read anew",
  };
}
