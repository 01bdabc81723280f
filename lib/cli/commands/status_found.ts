import { Code } from "@connectrpc/connect";
import type {
  BackendInfo,
  FrontendInfo,
  GetStatusResponse,
  PoolBackendInfo,
  VPPInfo,
} from "../../gen/maglev_pb.ts";
import { allBackends, allFrontends, sinceOf, unlessOlder } from "../asking.ts";
import { hasCode } from "../errors.ts";
import type { CommandContext } from "../node.ts";
import { certificateText } from "../backend_text.ts";
import { formatAgo, formatOutcome, formatTime } from "../format.ts";
import { doesFlap } from "./backend_filters.ts";

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
  // One after the other: at the same time, each would take a connection of its own, of which a
  // maglevd with few descriptors has few.
  const status = await unlessOlder(context, (client, options) => client.getStatus({}, options));
  const backends = await allBackends(context);
  const frontends = await allFrontends(context);
  const vpp = await client.getVPPInfo({}, { signal }).catch(whyUnavailable);
  const troubledSince = await lookUp(context, frontends.filter(isTroubled));
  return { at: context.now(), status, backends, frontends, vpp, troubledSince };
}

/** Whether it is down, or on another pool than its first. */
function isTroubled(frontend: FrontendInfo): boolean {
  return frontend.state === "down" || isOnFallback(frontend);
}

/** Whether another pool than its first carries its traffic. */
function isOnFallback({ state, activePool, pools: [first] }: FrontendInfo): boolean {
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
    const found = await unlessOlder(
      context,
      (client, options) => client.listEvents(request, options),
    );
    const [last] = found?.events ?? [];
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
  if (hasCode(error, Code.Unavailable)) return error.rawMessage;
  throw error;
}

/** What is not as it should be, a line each. */
export function problems(found: Found): string[] {
  const { status, vpp, backends, frontends, at } = found;
  const lines: string[] = [];
  for (const frontend of frontends) {
    const { name, failOpenSinceUnixNs: since, failOpen } = frontend;
    if (since > 0n) {
      const what = `its servers keep the weights that they were last in use with (${failOpen})`;
      lines.push(`frontend ${name} fails open since ${formatTime(since)}: ${what}`);
    }
    const trouble = troubleOf(frontend, found);
    if (trouble !== undefined) lines.push(`frontend ${name} ${trouble}`);
  }
  for (const { name, flapHold } of backends) {
    if (!flapHold) continue;
    lines.push(`backend ${name} flaps, and is kept down until ${formatTime(flapHold.untilUnixNs)}`);
  }
  const { probingImpaired: lack } = status ?? {};
  if (lack) {
    const who = `${lack.backends} ${lack.backends === 1 ? "backend" : "backends"}`;
    const since = formatTime(lack.sinceUnixNs);
    lines.push(`${who} cannot be probed, since ${since}, and keep their states: ${lack.reason}`);
  }
  if (status?.state?.notKept) {
    lines.push(
      `what operators say is not kept, and forgotten at a restart: ${status.state.notKept}`,
    );
  }
  for (const { atUnixNs, text } of status?.state?.troubles ?? []) {
    if (text !== status?.state?.notKept) lines.push(`state, at ${formatTime(atUnixNs)}: ${text}`);
  }
  if (status?.configRejected) {
    const why = status.configRejected.replace(/^the reload is refused: /, "").replaceAll(
      "\n",
      "; ",
    );
    lines.push(`the last reload was refused: ${why}`);
  }
  if (status?.authRejected) {
    const why = status.authRejected.replaceAll("\n", "; ");
    lines.push(`the file of --auth is not the one in force: ${why}`);
  }
  const tlsEnd = status?.tls?.certificateEndUnixNs ?? 0n;
  if (tlsEnd !== 0n && Number(tlsEnd) / 1e6 < at) {
    lines.push(`maglevd's own certificate ${certificateText(tlsEnd, at)}`);
  }
  if (status?.tls?.rejected) {
    lines.push(`the files of TLS are not the ones in force: ${status.tls.rejected}`);
  }
  if (status?.configFileUnreadable) {
    lines.push(
      `the configuration file ${status.configFileUnreadable}: maglevd goes on with what it has ` +
        "loaded, and would not start again",
    );
  } else if (status?.configFileChanged) {
    lines.push("the configuration file has changed since it was loaded: config diff tells how");
  }
  if (typeof vpp === "string") {
    if (status?.vppAway) lines.push("VPP is not connected");
    else if (status?.vpp !== "off") lines.push(`VPP: ${vpp}`);
  } else if (!vpp.inStep && vpp.stepSinceNs !== 0n && status?.warmup === "over") {
    lines.push("VPP is not in step", ...vpp.differs.map((line) => `VPP differs: ${line}`));
  }
  return lines;
}

/** That it is down, or on another pool than its first: since when, and why. */
function troubleOf(frontend: FrontendInfo, { at, troubledSince }: Found): string | undefined {
  const { name, state, activePool, pools } = frontend;
  const began = troubledSince.get(name);
  const since = began === undefined ? "" : ` for ${formatAgo(began, at)}`;
  const [first] = pools;
  if (isOnFallback(frontend)) {
    const where = `is on pool ${activePool}${since}, not on ${first?.name}`;
    return where + because(first?.backends ?? []);
  }
  const all = pools.flatMap(({ backends }) => backends);
  if (state === "down") return `is down${since}${because(all)}`;
  // What VPP has for it at the start of maglevd may carry.
  const isIdle = all.every(({ reason, effectiveWeight }) =>
    reason !== "" && reason !== "kept" && effectiveWeight === 0
  );
  return state === "unknown" && isIdle ? `carries nothing${because(all)}` : undefined;
}

/** Why none of them carries anything, by how many: `: 3 backends down, 1 paused by hand`. */
function because(backends: readonly PoolBackendInfo[]): string {
  const groups = Map.groupBy(backends, idleReason);
  if (groups.has("")) return "";
  const most = [...groups].sort(([, a], [, b]) => b.length - a.length);
  const parts = most.map(([why, { length }], i) => {
    const noun = length === 1 ? " backend" : " backends";
    return `${length}${i === 0 ? noun : ""} ${why}`;
  });
  return parts.length === 0 ? "" : `: ${parts.join(", ")}`;
}

/** Empty where an older maglevd does not tell. */
function idleReason({ reason, state, byHand, stateByHand }: PoolBackendInfo): string {
  switch (reason) {
    case "zero":
    case "standby":
      // A pool is passed over because of weights, too.
      return byHand ? "with weight 0 by hand" : "with weight 0";
    case "draining":
      return "draining by hand";
    case "flap-hold":
      return "kept down for flapping";
    default:
      return stateByHand?.value === state ? `${state} by hand` : state;
  }
}

/** So many backends are named; `show backends` has them all. */
const named = 10;

/** Backends that are down or flap: those that changed last come first. */
export function troubledBackends(backends: readonly BackendInfo[]): BackendInfo[] {
  return backends.filter((backend) => backend.state === "down" || isFlapping(backend))
    .sort((a, b) => Number(sinceOf(b) - sinceOf(a)));
}

/** Who was taken out of service by an operator has changed by that. */
function isFlapping(backend: BackendInfo): boolean {
  const { state } = backend;
  return state !== "paused" && state !== "disabled" && doesFlap(backend);
}

/** A line for each of the first ones. */
export function troubleLines(troubled: readonly BackendInfo[], now: number): string[] {
  const lines = troubled.slice(0, named).map((backend) => troubleLine(backend, now));
  const rest = troubled.length - lines.length;
  if (rest === 0) return lines;
  return [...lines, `and ${rest} more: show backends down, show backends flapping`];
}

function troubleLine(backend: BackendInfo, now: number): string {
  const { name, state, recentChanges, lastProbe, frontends } = backend;
  const where = frontends.length === 0 ? "no frontend" : frontends.join(", ");
  if (doesFlap(backend)) {
    return `${name} flaps: changed ${recentChanges} times in 10 minutes, is ${state}; in ${where}`;
  }
  const began = sinceOf(backend);
  const since = began === 0n ? "" : ` for ${formatAgo(began, now)}`;
  const why = lastProbe
    ? `: ${lastProbe.ok ? "its last probe passed, " : ""}${formatOutcome(lastProbe)}`
    : "";
  return `${name} is down${since}${why}; in ${where}`;
}
