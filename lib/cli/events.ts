import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type Event,
  EventSchema,
  type LogEvent,
  type TransitionRecord,
  type WatchRequestSchema,
} from "../gen/maglev_pb.ts";
import { callTimeoutMs } from "./client.ts";
import { formatOutcome, formatTime } from "./format.ts";
import type { Args, MaglevClient } from "./node.ts";
import { messageJson } from "./report.ts";
import { stateMeaning, type Style } from "./style.ts";

/** What `watch events` was asked for. */
export interface WatchOptions {
  readonly request: MessageInitShape<typeof WatchRequestSchema>;
  /** Stop after so many events. */
  readonly limit: number;
}

/** Naming none of log, backend and frontend asks for all of them. */
export function watchOptions(args: Args): WatchOptions {
  const kinds = ["log", "backend", "frontend"] as const;
  const named = kinds.filter((kind) => args.words.slice(2).includes(kind));
  const wanted = (kind: typeof kinds[number]) => named.length === 0 || named.includes(kind);
  const level = args.words[args.words.indexOf("level") + 1];
  return {
    request: {
      log: wanted("log"),
      backend: wanted("backend"),
      frontend: wanted("frontend"),
      logLevel: args.words.includes("level") && level ? level : "info",
    },
    limit: Number(args.values.get("num") ?? Infinity),
  };
}

/** An event as compact JSON, for scripts. */
export function formatEventJson(event: Event): string {
  return JSON.stringify(messageJson(EventSchema, event));
}

/** An event as a line for people: local time, what it is about, what happened. */
export function formatEventPretty({ event }: Event, style: Style): string {
  switch (event.case) {
    case "log":
      return formatLog(event.value, style);
    case "backend":
      return formatTransition("backend", event.value.backendName, event.value.transition, style);
    case "frontend":
      return formatTransition("frontend", event.value.frontendName, event.value.transition, style);
    case undefined:
      return style.paint("dim", "an event of a kind that this maglevc does not know");
  }
}

function formatLog({ atUnixNs, level, msg, attrs }: LogEvent, style: Style): string {
  const meaning = level === "error" ? "bad" : level === "warn" ? "warning" : "plain";
  const values = attrs.map(({ key, value }) => `${style.paint("label", key)}=${value}`);
  const word = style.paint(meaning, level.padEnd(8));
  return [formatTime(atUnixNs), word, msg, ...values].join(" ");
}

/** In the snapshot that opens the stream nothing has happened yet: the state is all there is. */
function formatTransition(
  kind: "backend" | "frontend",
  name: string,
  transition: TransitionRecord | undefined,
  style: Style,
): string {
  const { from = "", to = "", atUnixNs = 0n } = transition ?? {};
  const painted = (state: string) => style.paint(stateMeaning(state), state);
  if (atUnixNs === 0n) return `${"now".padEnd(23)} ${kind.padEnd(8)} ${name} is ${painted(to)}`;
  const cause = formatOutcome({ code: transition?.code ?? "", detail: transition?.detail ?? "" });
  const change = `${name} ${painted(from)} → ${painted(to)}`;
  return `${formatTime(atUnixNs)} ${kind.padEnd(8)} ${change}${cause === "" ? "" : ` ${cause}`}`;
}

/**
 * Events until the limit, the end of the stream or `signal`. Ending the loop early ends the call:
 * the transport does not do that by itself. A stream may be silent for days, but the server has to
 * open it within `patienceMs`: throws DeadlineExceeded when it does not.
 */
export async function* watchEvents(
  client: MaglevClient,
  { request, limit }: WatchOptions,
  signal: AbortSignal,
  patienceMs = callTimeoutMs,
): AsyncGenerator<Event> {
  const stop = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort();
  }, patienceMs);
  const options = {
    signal: AbortSignal.any([signal, stop.signal]),
    timeoutMs: 0,
    onHeader: () => clearTimeout(timer),
  };
  let seen = 0;
  try {
    for await (const event of client.watchEvents(request, options)) {
      yield event;
      if (++seen >= limit) return;
    }
  } catch (error) {
    if (late) throw new ConnectError("the stream was not opened", Code.DeadlineExceeded);
    if (!signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}
