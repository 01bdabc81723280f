import { Code, ConnectError } from "@connectrpc/connect";
import type { VPPAway } from "../gen/maglev_pb.ts";
import { unlessOlder } from "./change.ts";
import { CommandFailure } from "./errors.ts";
import { formatAgo, formatIn, formatTime } from "./format.ts";
import type { CommandContext } from "./node.ts";

/** Since when VPP is away, why, and when it is tried again. */
export function awayText({ sinceUnixNs, reason, nextTryUnixNs }: VPPAway, now: number): string {
  const since = `${formatTime(sinceUnixNs)} (${formatAgo(sinceUnixNs, now)} ago)`;
  const next = nextTryUnixNs === 0n ? "now" : formatIn(nextTryUnixNs, now);
  return `not connected since ${since}: ${reason}; next try ${next}`;
}

/** What `call` finds of VPP. While VPP is away it throws a CommandFailure that says all about that. */
export async function ofVpp<T>(
  context: Pick<CommandContext, "client" | "signal" | "now">,
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ConnectError && error.code === Code.Unavailable)) throw error;
    const { client, signal, now } = context;
    const status = await unlessOlder(context, () => client.getStatus({}, { signal }))
      // What was asked first is what the operator is told of.
      .catch(() => undefined);
    if (!status?.vppAway) throw error;
    throw new CommandFailure(`VPP is ${awayText(status.vppAway, now())}`);
  }
}
