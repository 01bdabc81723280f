import { Code, ConnectError } from "@connectrpc/connect";
import { unlessOlder } from "./change.ts";
import { CommandFailure } from "./errors.ts";
import { formatAway } from "./format.ts";
import type { CommandContext } from "./node.ts";

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
    throw new CommandFailure(`VPP is ${formatAway(status.vppAway, now())}`);
  }
}
