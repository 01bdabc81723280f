import {
  type VPPInfo,
  VPPInfoSchema,
  type VPPLBState,
  VPPLBStateSchema,
  type VPPLBVIP,
} from "../../gen/maglev_pb.ts";
import { formatAgo, formatTime, stripHostMask } from "../format.ts";
import type { View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import type { Style } from "../style.ts";
import { formatPairs, formatTable, indent, inner, left, right } from "../table.ts";
import { ofVpp } from "../vpp_away.ts";
import { formatPort } from "./frontends.ts";

/** `show vpp info`. */
export const showVppInfo = report({
  fetch: (context) => {
    const { client, signal } = context;
    return ofVpp(context, () => client.getVPPInfo({}, { signal }));
  },
  text: formatVppInfo,
  json: (info) => messageJson(VPPInfoSchema, info),
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
  const { inStep, stepSinceNs, checkedNs, differs } = info;
  if (stepSinceNs === 0n) return [];
  const state = style.paint(inStep ? "good" : "bad", inStep ? "yes" : "no");
  return [
    ["in-step", `${state}, since ${moment(stepSinceNs, now)}`],
    ["checked", moment(checkedNs, now)],
    ...differs.map((line): [string, string] => ["differs", line]),
  ];
}

function moment(unixNs: bigint, now: number): string {
  return unixNs === 0n ? "unknown" : `${formatTime(unixNs)} (${formatAgo(unixNs, now)} ago)`;
}

/** `show vpp lb state`. */
export const showVppState = report({
  fetch: (context) => {
    const { client, signal } = context;
    return ofVpp(context, () => client.getVPPLBState({}, { signal }));
  },
  text: formatVppState,
  json: (state) => messageJson(VPPLBStateSchema, state),
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
      formatShare(server.numBuckets, vip),
    ]),
  );
  return `${head}\n${indent(servers)}`;
}

/** The part of the new flows that a server gets. */
function formatShare(buckets: number, vip: VPPLBVIP): string {
  const all = vip.applicationServers.reduce((sum, server) => sum + server.numBuckets, 0);
  return all === 0 ? "" : `${(100 * buckets / all).toFixed(1)}%`;
}
