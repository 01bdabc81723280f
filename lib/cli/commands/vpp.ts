import type {
  PlanVPPLBStateResponse,
  VPPInfo,
  VPPLBChange,
  VPPLBMove,
  VPPLBState,
  VPPLBVIP,
} from "../../gen/maglev_pb.ts";
import { formatAgo, formatIn, formatShare, formatTime, stripHostMask } from "../format.ts";
import type { CommandContext, View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import type { Style } from "../style.ts";
import { formatPairs, formatTable, indent, inner, left, right } from "../table.ts";
import { changing, ofVpp, olderServer, unlessOlder, type Work, work } from "../asking.ts";
import { change, type Changed } from "../change.ts";
import { CommandFailure, exitCodes } from "../errors.ts";
import { formatPort } from "./frontends.ts";

/** `show vpp info`. */
export const showVppInfo = report({
  fetch: (context) => ofVpp(context, (client, options) => client.getVPPInfo({}, options)),
  text: formatVppInfo,
  json: messageJson,
});

/** The connected VPP. */
function formatVppInfo(info: VPPInfo, { style, now }: View): string {
  return formatPairs(style, [
    ["version", info.version],
    ["build-date", info.buildDate],
    ["build-directory", info.buildDirectory],
    ["pid", String(info.pid)],
    ["booted", moment(info.boottimeNs, now)],
    ["connected", moment(info.connecttimeNs, now)],
    ...stepPairs(info, style, now),
  ]);
}

/** Whether VPP holds what is desired; a maglevd that is older does not say. */
function stepPairs(info: VPPInfo, style: Style, now: number): [string, string][] {
  const { inStep, stepSinceNs, checkedNs, differs, pendingSinceNs } = info;
  if (stepSinceNs === 0n) return [];
  const state = style.paint(inStep ? "good" : "bad", inStep ? "yes" : "no");
  const pairs: [string, string][] = [
    ["in-step", `${state}, since ${moment(stepSinceNs, now)}`],
    ["checked", moment(checkedNs, now)],
  ];
  if (pendingSinceNs !== 0n) pairs.push(["pending", `since ${moment(pendingSinceNs, now)}`]);
  return [...pairs, ...differs.map((line): [string, string] => ["differs", line])];
}

function moment(unixNs: bigint, now: number): string {
  return unixNs === 0n ? "unknown" : `${formatTime(unixNs)} (${formatAgo(unixNs, now)} ago)`;
}

/** `show vpp lb state`. */
export const showVppState = report({
  fetch: (context) => ofVpp(context, (client, options) => client.getVPPLBState({}, options)),
  text: formatVppState,
  json: messageJson,
});

/** The lb plugin's settings, then each VIP with its servers. */
function formatVppState(state: VPPLBState, view: View): string {
  const conf = formatPairs(view.style, [
    ["ip4-src-address", state.conf?.ip4SrcAddress || "unset"],
    ["ip6-src-address", state.conf?.ip6SrcAddress || "unset"],
    ["sticky-buckets-per-core", String(state.conf?.stickyBucketsPerCore ?? 0)],
    ["flow-timeout", `${state.conf?.flowTimeout ?? 0}s`],
  ]);
  if (state.vips.length === 0) return `${conf}\nno VIPs`;
  return [conf, ...state.vips.map((vip) => formatVip(vip, view))].join("\n\n");
}

/** An IP protocol number as operators know it. */
function protocolName(number: number): string {
  return { 6: "tcp", 17: "udp", 255: "any" }[number] ?? String(number);
}

function formatVip(vip: VPPLBVIP, view: View): string {
  const { style } = view;
  const line = [
    `${style.paint("label", "vip")} ${stripHostMask(vip.prefix)}`,
    `${style.paint("label", "protocol")} ${protocolName(vip.protocol)}`,
    `${style.paint("label", "port")} ${formatPort(vip.port)}`,
    `${style.paint("label", "encap")} ${vip.encap}`,
    ...(vip.srcIpSticky ? ["src-ip-sticky"] : []),
  ].join("  ");
  const frontend = `  ${style.paint("label", "frontend")} ${vip.frontend}`;
  const head = vip.frontend === "" ? line : `${line}\n${frontend}`;
  if (vip.applicationServers.length === 0) return `${head}\n  no servers`;
  const servers = formatTable(
    { style, width: inner(view) },
    [...left("server", "backend"), ...right("weight", "buckets", "share")],
    vip.applicationServers.map((server) => [
      server.address,
      server.backend,
      server.weight === 0 ? { text: "0", meaning: "warning" as const } : String(server.weight),
      String(server.numBuckets),
      bucketShare(server.numBuckets, vip),
    ]),
  );
  return `${head}\n${indent(servers)}`;
}

/** The part of the new flows that a server gets. */
function bucketShare(buckets: number, vip: VPPLBVIP): string {
  const all = vip.applicationServers.reduce((sum, server) => sum + server.numBuckets, 0);
  return all === 0 ? "" : `${(100 * buckets / all).toFixed(1)}%`;
}

/** `show vpp lb plan [NAME]`: VPP is asked for what it holds. */
export const showVppPlan = report({
  fetch: planned,
  text: (plan, view) => {
    const lines = planLines(plan, view);
    if (!isInStep(plan.changes)) return [...lines, ...warmupLines(plan, view)].join("\n");
    return [...lines, `${view.style.paint("good", "in step")}, checked just now`].join("\n");
  },
  json: messageJson,
  code: ({ changes }) => isInStep(changes) ? exitCodes.done : exitCodes.differs,
});

/** What is to be done, and which flows that moves. */
function planLines({ changes, moves }: PlanVPPLBStateResponse, view: View): string[] {
  return [...changes.map((change) => formatChange(change, view)), ...moves.map(formatMove)];
}

async function planned(context: CommandContext): Promise<PlanVPPLBStateResponse> {
  const { client, args } = context;
  const call = () => client.planVPPLBState(scope(args.values), work(context));
  const plan = await ofVpp(context, () => unlessOlder(context, call));
  if (plan) return plan;
  throw new CommandFailure(`${olderServer} what a sync would change`);
}

/** How many of a VIP's new flows get another server; those that exist stay unless flushed. */
export function formatMove({ prefix, protocol, port, frontend, share }: VPPLBMove): string {
  const vip = `${stripHostMask(prefix)} ${protocol}${port === 0 ? "" : `:${port}`}`;
  return `${vip} of ${frontend}: ${formatShare(share)} of new flows go to another server`;
}

/** When it is done, while the warm-up lasts. */
function warmupLines(
  { notBeforeUnixNs: before, notAfterUnixNs: after }: PlanVPPLBStateResponse,
  { style, now }: View,
): string[] {
  const when = (ns: bigint) => `${formatTime(ns)} (${formatIn(ns, now)})`;
  const label = style.paint("warning", "warm-up");
  return [
    ...(before > 0n ? [`${label}: not before ${when(before)}`] : []),
    ...(after > 0n
      ? [`${label}: each VIP once all its backends are known, at ${when(after)} at the latest`]
      : []),
  ];
}

/** A table of another length is kept, and no change. */
function isInStep(changes: readonly VPPLBChange[]): boolean {
  return changes.every(({ kind }) => kind === "vip-kept");
}

/** `sync vpp lb state [NAME]`. */
export const syncVpp = change(async (context): Promise<Changed> => {
  const { client, args, dryRun: isDryRun } = context;
  const rest = { outcome: undefined, isShown: false, isDryRun };
  if (isDryRun) {
    const plan = await planned(context);
    return { text: (view) => planLines(plan, view).join("\n") || "VPP is in step", ...rest };
  }
  const sync = (options: Work) => client.syncVPPLBState(scope(args.values), options);
  await ofVpp(context, () => changing(context, sync));
  const frontend = args.values.get("frontend");
  const text = `VPP is in step${frontend === undefined ? "" : ` for frontend ${frontend}`}`;
  return { text: () => text, ...rest };
});

/** One change on one line. */
export function formatChange(change: VPPLBChange, { style }: View): string {
  const port = change.port === 0 ? "" : `:${change.port}`;
  const vip = change.prefix === ""
    ? ""
    : ` ${stripHostMask(change.prefix)} ${change.protocol}${port}`;
  const server = change.address === "" ? "" : ` server ${change.address}`;
  const detail = change.detail === "" ? "" : ` (${change.detail})`;
  const of = change.backend === "" ? change.frontend : `${change.backend} of ${change.frontend}`;
  const frontend = change.frontend === "" ? "" : ` for ${of}`;
  return `${style.paint("label", change.kind)}${vip}${server}${detail}${frontend}`;
}

function scope(values: ReadonlyMap<string, string>): { frontendName?: string } {
  const frontendName = values.get("frontend");
  return frontendName === undefined ? {} : { frontendName };
}
