import { Code, ConnectError } from "@connectrpc/connect";
import type { BackendInfo, FrontendInfo, GetStatusResponse, VPPInfo } from "../../gen/maglev_pb.ts";
import { unlessOlder } from "../change.ts";
import { allBackends, allFrontends } from "../lists.ts";
import type { CommandContext } from "../node.ts";

/** Everything that `show status` looks at. */
export interface Found {
  /** When it was looked at, in Unix milliseconds. */
  readonly at: number;
  /** Undefined where a maglevd that is older does not tell. */
  readonly status: GetStatusResponse | undefined;
  readonly backends: readonly BackendInfo[];
  readonly frontends: readonly FrontendInfo[];
  /** Or why it is not known. */
  readonly vpp: VPPInfo | string;
}

/** Looks at all of it. */
export async function find(context: CommandContext): Promise<Found> {
  const { client, signal } = context;
  const [status, backends, frontends, vpp] = await Promise.all([
    unlessOlder(context, () => client.getStatus({}, { signal })),
    allBackends(context),
    allFrontends(context),
    client.getVPPInfo({}, { signal }).catch(whyUnavailable),
  ]);
  return { at: context.now(), status, backends, frontends, vpp };
}

/** Whether VPP is still to be brought in step: until then it is no fault that it is not. */
export function isWarmingUp({ status, vpp }: Found): boolean {
  const isWarm = !status || status.warmup === "over" || status.warmup === "";
  return !isWarm && typeof vpp !== "string" && !vpp.inStep;
}

function whyUnavailable(error: unknown): string {
  if (error instanceof ConnectError && error.code === Code.Unavailable) return error.rawMessage;
  throw error;
}
