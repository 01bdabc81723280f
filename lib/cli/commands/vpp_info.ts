import { type VPPInfo, VPPInfoSchema } from "../../gen/maglev_pb.ts";
import { formatAgo, formatTime } from "../format.ts";
import type { View } from "../node.ts";
import type { Style } from "../style.ts";
import { messageJson, report } from "../report.ts";
import { formatPairs } from "../table.ts";
import { ofVpp } from "../vpp_away.ts";

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
