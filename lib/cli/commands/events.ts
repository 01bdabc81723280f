import type { Message, MessageInitShape } from "@bufbuild/protobuf";
import { type Event, EventSchema, type ListEventsRequestSchema } from "../../gen/maglev_pb.ts";
import { unlessOlder } from "../change.ts";
import { CommandFailure } from "../errors.ts";
import { formatEventText } from "../event_text.ts";
import { isToldTwice } from "../events.ts";
import type { CommandContext } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { parseSpan } from "../format.ts";

/** Shown where neither a time nor a number is given. */
const defaultCount = 100;

/** Events that one call brings. */
const pageSize = 1000;

type ListEventsInit = Exclude<MessageInitShape<typeof ListEventsRequestSchema>, Message>;

/** What `show events` found: oldest first, and whether there are older ones. */
interface Found {
  readonly events: readonly Event[];
  readonly hasMore: boolean;
}

/** `show events`, with its options in any order. */
export const showEvents = report<Found>({
  fetch: find,
  listing: ({ events }, { style }) => ({
    columns: [],
    rows: events.map((event) => [formatEventText(event, style)]),
    times: events.map(({ atUnixNs }) => atUnixNs),
  }),
  text({ events, hasMore }, { style }) {
    if (events.length === 0) return style.paint("dim", "no events");
    const lines = events.map((event) => formatEventText(event, style));
    const more = "older events are left out: num <n> or last <time> show more";
    return [...hasMore ? [style.paint("dim", more)] : [], ...lines].join("\n");
  },
  json: ({ events }) => events.map((event) => messageJson(EventSchema, event)),
});

async function find(context: CommandContext): Promise<Found> {
  const { args, now } = context;
  const last = args.values.get("time");
  const count = args.values.get("num");
  const request: ListEventsInit = {
    notBeforeUnixNs: last ? agoUnixNs(last, now()) : 0n,
    frontend: args.values.get("frontend") ?? "",
    backend: args.values.get("backend") ?? "",
    actor: args.values.get("actor") ?? "",
    kinds: args.words.filter((_, i) => args.words[i - 1] === "kind"),
  };
  return await listed(context, request, count ? Number(count) : last ? Infinity : defaultCount);
}

function agoUnixNs(span: string, now: number): bigint {
  return BigInt(Math.round(now - (parseSpan(span) ?? 0))) * 1_000_000n;
}

async function listed(
  context: CommandContext,
  request: ListEventsInit,
  wanted: number,
): Promise<Found> {
  const events: Event[] = [];
  for (let pageToken = 0n;;) {
    const limit = Math.min(pageSize, wanted - events.length);
    const page = await list(context, { ...request, limit, pageToken });
    const isEachOnce = request.kinds?.length === 0;
    events.push(...page.events.filter((event) => !(isEachOnce && isToldTwice(event))));
    pageToken = page.nextPageToken;
    const hasMore = pageToken !== 0n;
    if (!hasMore || events.length >= wanted) return { events: events.reverse(), hasMore };
  }
}

async function list(context: CommandContext, request: ListEventsInit) {
  const { client, signal } = context;
  const page = await unlessOlder(context, () => client.listEvents(request, { signal }));
  if (page) return page;
  throw new CommandFailure(
    "this maglevd is older than maglevc and keeps no events: look into its log " +
      "(journalctl -u vpp-maglevd)",
  );
}
