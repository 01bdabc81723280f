import type { Message, MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { unlessOlder } from "../asking.ts";
import type { Event, ListEventsRequestSchema, StreamOpening } from "../../gen/maglev_pb.ts";
import { CommandFailure, describeError, hasCode } from "../errors.ts";
import { formatEventJson, formatEventText } from "../event_text.ts";
import {
  defaultPatience,
  type Patience,
  pause,
  Place,
  watchEvents,
  type WatchInit,
} from "../events.ts";
import type { Args, CommandContext, CommandSession } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { parseSpan } from "../format.ts";
import { wrapText } from "../table.ts";

/** Shown where neither a time nor a number is given. */
const defaultCount = 100;

/** Events that one call brings. */
const pageSize = 1000;

type ListEventsInit = Exclude<MessageInitShape<typeof ListEventsRequestSchema>, Message>;

/** What `show events` found: oldest first, and whether there are older ones. */
interface Listed {
  readonly events: readonly Event[];
  readonly hasMore: boolean;
}

/** The same, and where that is nothing, what was asked for that there is not. */
interface Found extends Listed {
  readonly strangers: readonly string[];
}

/** `show events`, with its options in any order. */
export const showEvents = report<Found>({
  fetch: find,
  listing: ({ events }, { style }) => ({
    columns: [],
    rows: events.map((event) => [formatEventText(event, style)]),
    times: events.map(({ atUnixNs }) => atUnixNs),
  }),
  text({ events, hasMore, strangers }, { style }) {
    if (events.length === 0) return style.paint("dim", ["no events", ...strangers].join("; "));
    const lines = events.map((event) => formatEventText(event, style));
    const more = "older events are left out: num <n> or last <time> show more";
    return [...hasMore ? [style.paint("dim", more)] : [], ...lines].join("\n");
  },
  json: ({ events }) => events.map(messageJson),
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
  const wanted = count ? Number(count) : last ? Infinity : defaultCount;
  const found = await listed(context, request, wanted);
  return { ...found, strangers: found.events.length > 0 ? [] : await strangersOf(context) };
}

/** Nothing has happened to what there is not: the name may be mistyped, or gone from the file. */
async function strangersOf({ args, client, signal }: CommandContext): Promise<string[]> {
  const backend = args.values.get("backend");
  const frontend = args.values.get("frontend");
  const says = (kind: string, name: string) => `there is no ${kind} "${name}"`;
  const strangers: string[] = [];
  if (frontend !== undefined) {
    const { frontendNames } = await client.listFrontends({}, { signal });
    if (!frontendNames.includes(frontend)) strangers.push(says("frontend", frontend));
  }
  if (backend !== undefined) {
    const { backendNames } = await client.listBackends({}, { signal });
    if (!backendNames.includes(backend)) strangers.push(says("backend", backend));
  }
  return strangers;
}

function agoUnixNs(span: string, now: number): bigint {
  return BigInt(Math.round(now - (parseSpan(span) ?? 0))) * 1_000_000n;
}

async function listed(
  context: CommandContext,
  request: ListEventsInit,
  wanted: number,
): Promise<Listed> {
  const events: Event[] = [];
  for (let pageToken = 0n;;) {
    const limit = Math.min(pageSize, wanted - events.length);
    const page = await unlessOlder(
      context,
      (client, options) => client.listEvents({ ...request, limit, pageToken }, options),
    );
    if (!page) throw new CommandFailure(keepsNone);
    const isEachOnce = request.kinds?.length === 0;
    events.push(...page.events.filter((event) => !(isEachOnce && isToldTwice(event))));
    pageToken = page.nextPageToken;
    const hasMore = pageToken !== 0n;
    if (!hasMore || events.length >= wanted) return { events: events.reverse(), hasMore };
  }
}

const keepsNone = "this maglevd is older than maglevc and keeps no events: look into its log " +
  "(journalctl -u vpp-maglevd)";

/** Every kind of change, as it is typed and as the API names it, and what it is about. */
export const changeKinds: Readonly<Record<string, string>> = {
  backend: "Backend transitions",
  frontend: "Frontend transitions",
  pool: "Failovers to another pool",
  weight: "Weights, configured and effective",
  reload: "Configurations applied and rejected",
  operator: "What operators did",
  override: "What the file says otherwise than an operator did",
  drain: "Drains, begun, overdue, done and ended",
  safety: "Measures that keep traffic safe, begun and ended",
  vpp: "VPP connected, lost, in step or not",
  probing: "Probes that could not be made",
  audit: "Who called for changes, and who was refused",
};

/** Those besides transitions. */
export const addedKinds = Object.keys(changeKinds)
  .filter((kind) => kind !== "backend" && kind !== "frontend");

/** What `watch events` was asked for. */
export interface WatchOptions {
  readonly request: WatchInit;
  /** Stop after so many events. */
  readonly limit: number;
  /** What is told by other events as well is left out. */
  readonly isEachOnce: boolean;
}

/**
 * Whether another event tells the same: what somebody has done does, and what came of it, as does a
 * reload that was rejected. Of what else was refused or failed the audit alone tells.
 */
export function isToldTwice({ event }: Event): boolean {
  if (event.case !== "audit") return false;
  const { method, result } = event.value;
  return result === "OK" || (method === "ReloadConfig" && result === "FailedPrecondition");
}

/** Naming no kind asks for all of them, and for log records. */
export function watchOptions(args: Args): WatchOptions {
  const kinds = ["log", ...Object.keys(changeKinds)];
  const named = kinds.filter((kind) => args.words.slice(2).includes(kind));
  const wanted = (kind: string) => named.length === 0 || named.includes(kind);
  const added = addedKinds.filter(wanted);
  const level = args.words[args.words.indexOf("level") + 1];
  return {
    request: {
      log: wanted("log"),
      backend: wanted("backend"),
      frontend: wanted("frontend"),
      changes: added.length > 0,
      kinds: added,
      heartbeat: true,
      logLevel: args.words.includes("level") && level ? level : "info",
    },
    limit: Number(args.values.get("num") ?? Infinity),
    isEachOnce: named.length === 0,
  };
}

/** How long things may take, in milliseconds. */
export interface WatchTimes extends Patience {
  /** Between attempts to reach a maglevd that went away. */
  readonly retryMs: number;
}

const defaultTimes: WatchTimes = { ...defaultPatience, retryMs: 1000 };

/**
 * Prints events until the limit or the session's signal. Survives restarts of maglevd and paths
 * that die, says so, and goes on where it broke off; only a server that cannot be reached in the
 * first place is an error.
 */
export async function watch(
  args: Args,
  session: CommandSession,
  times = defaultTimes,
): Promise<void> {
  const { request, limit, isEachOnce } = watchOptions(args);
  const { client, server, signal, style, width } = session;
  const format = args.words.includes("pretty")
    ? (event: Event) => wrapText(formatEventText(event, style), width)
    : (event: Event) => formatEventJson(event, session.label);
  const place = new Place();
  let seen = 0;
  let state: "new" | "open" | "lost" = "new";
  while (seen < limit && !signal.aborted) {
    try {
      for await (const event of watchEvents(client, place.goOn(request), signal, times)) {
        if (state === "lost") session.note(backAgain(event, server));
        state = "open";
        place.passed(event);
        if (!isShown(event) || (isEachOnce && isToldTwice(event))) continue;
        session.print(format(event));
        if (++seen >= limit) break;
      }
    } catch (error) {
      if (state === "new" || !hasCode(error, ...transientCodes)) throw error;
      if (state === "open") session.note(`${describeError(error, server)}; trying again`);
      state = "lost";
    }
    if (seen < limit) await pause(times.retryMs, signal);
  }
}

function isShown({ event }: Event): boolean {
  return event.case !== "opening" && event.case !== "heartbeat";
}

/** The first message says how it goes on; a maglevd of before does not send that one. */
function backAgain({ event }: Event, server: string): string {
  const opening: Pick<StreamOpening, "resumed" | "reason"> | undefined = event.case === "opening"
    ? event.value
    : undefined;
  const back = `maglevd at ${server} is back`;
  if (opening?.resumed) return `${back}; what was missed follows`;
  return opening?.reason ? `${back}, ${opening.reason}; the present state follows` : back;
}

const transientCodes: readonly Code[] = [
  Code.Unavailable,
  // Where nobody answers at all, too.
  Code.Unknown,
  Code.Internal,
  Code.Aborted,
  Code.DeadlineExceeded,
  // It was cut off because it fell too far behind, or others with fewer streams needed the room.
  Code.ResourceExhausted,
];
