import { Code, ConnectError } from "@connectrpc/connect";
import type { Event } from "../gen/maglev_pb.ts";
import { describeError, isUnreachable } from "./errors.ts";
import { formatEventJson, formatEventPretty, watchEvents, watchOptions } from "./events.ts";
import type { Session } from "./execute.ts";
import type { Args } from "./node.ts";

/** Between attempts to reach a maglevd that went away, in milliseconds. */
const retryMs = 1000;

/**
 * Prints events until the limit or the session's signal. Survives restarts of maglevd and says
 * so; only a server that cannot be reached in the first place is an error.
 */
export async function watch(args: Args, session: Session): Promise<void> {
  const options = watchOptions(args);
  const format = args.words.includes("pretty")
    ? (event: Event) => formatEventPretty(event, session.style)
    : formatEventJson;
  let seen = 0;
  let lost = false;
  while (seen < options.limit && !session.signal.aborted) {
    try {
      const rest = { ...options, limit: options.limit - seen };
      for await (const event of watchEvents(session.client, rest, session.signal)) {
        if (lost) session.note(`maglevd at ${session.server} is back`);
        lost = false;
        session.print(format(event));
        seen++;
      }
    } catch (error) {
      const reached = seen > 0 || lost;
      if (!reached || !isTransient(error)) throw error;
      if (!lost) session.note(`${describeError(error, session.server)}; trying again`);
      lost = true;
    }
    if (seen < options.limit) await pause(retryMs, session.signal);
  }
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

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
