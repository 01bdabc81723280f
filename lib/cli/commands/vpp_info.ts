import { type VPPInfo, VPPInfoSchema } from "../../gen/maglev_pb.ts";
import { formatAgo, formatTime } from "../format.ts";
import type { View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { formatPairs } from "../table.ts";

/** `show vpp info`. */
export const showVppInfo = report({
  fetch: ({ client, signal }) => client.getVPPInfo({}, { signal }),
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
  ]);
}

function moment(unixNs: bigint, now: number): string {
  return unixNs === 0n ? "unknown" : `${formatTime(unixNs)} (${formatAgo(unixNs, now)} ago)`;
}
