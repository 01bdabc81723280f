import { Code, ConnectError } from "@connectrpc/connect";
import type { Event, StreamOpening } from "../gen/maglev_pb.ts";
import { describeError, isUnreachable } from "./errors.ts";
import { formatEventJson, formatEventText } from "./event_text.ts";
import {
  defaultPatience,
  isToldTwice,
  type Patience,
  pause,
  Place,
  watchEvents,
  watchOptions,
} from "./events.ts";
import type { CommandSession } from "./execute.ts";
import type { Args } from "./node.ts";
import { wrapText } from "./wrap.ts";

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
      if (state === "new" || !isTransient(error)) throw error;
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
  Code.Unknown,
  Code.Internal,
  Code.Aborted,
  Code.DeadlineExceeded,
];

function isTransient(error: unknown): boolean {
  if (isUnreachable(error)) return true;
  return error instanceof ConnectError && transientCodes.includes(error.code);
}
