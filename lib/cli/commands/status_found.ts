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
  /** When frontends that are in trouble came to it, in Unix nanoseconds, as far as events tell. */
  readonly troubledSince: ReadonlyMap<string, bigint>;
}

/** Frontends in trouble of which events are looked up. */
const mostLookedUp = 10;

/** Looks at all of it. */
export async function find(context: CommandContext): Promise<Found> {
  const { client, signal } = context;
  const [status, backends, frontends, vpp] = await Promise.all([
    unlessOlder(context, () => client.getStatus({}, { signal })),
    allBackends(context),
    allFrontends(context),
    client.getVPPInfo({}, { signal }).catch(whyUnavailable),
  ]);
  const troubledSince = await lookUp(context, frontends.filter(isTroubled));
  return { at: context.now(), status, backends, frontends, vpp, troubledSince };
}

/** Whether it is down, or on another pool than its first. */
function isTroubled(frontend: FrontendInfo): boolean {
  return frontend.state === "down" || isOnFallback(frontend);
}

/** Whether another pool than its first carries its traffic. */
export function isOnFallback({ state, activePool, pools: [first] }: FrontendInfo): boolean {
  return state === "up" && first !== undefined && activePool !== "" && activePool !== first.name;
}

async function lookUp(
  context: CommandContext,
  troubled: readonly FrontendInfo[],
): Promise<Map<string, bigint>> {
  const since = new Map<string, bigint>();
  for (const { name: frontend, state, activePool } of troubled.slice(0, mostLookedUp)) {
    const kind = state === "down" ? "frontend" : "pool";
    const request = { frontend, kinds: [kind], limit: 1 };
    const call = () => context.client.listEvents(request, { signal: context.signal });
    const [last] = (await unlessOlder(context, call))?.events ?? [];
    const event = last?.event;
    const isIt = event?.case === "frontend"
      ? event.value.transition?.to === state
      : event?.case === "pool" && event.value.to === activePool;
    if (last && isIt) since.set(frontend, last.atUnixNs);
  }
  return since;
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
