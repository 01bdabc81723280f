import type { GetStatusResponse } from "../../gen/maglev_pb.ts";
import { certificateText, endsSoon } from "../certificates.ts";
import { formatAgo, formatAway, formatIn, formatTime } from "../format.ts";
import type { View } from "../node.ts";
import type { Cell } from "../table.ts";
import { type Found, isWarmingUp } from "./status_found.ts";

/** What a daemon tells of itself, with labels. */
export function daemonPairs(
  status: GetStatusResponse | undefined,
  { now }: View,
): [string, Cell | string | undefined][] {
  if (!status) return [["maglevd", "older than maglevc, and tells nothing of itself"]];
  const { version, commit, startedUnixNs, configPath, configLoadedUnixNs } = status;
  return [
    ["maglevd", `${version} (commit ${commit}), up for ${formatAgo(startedUnixNs, now)}`],
    ["config", `${configPath}, in force for ${formatAgo(configLoadedUnixNs, now)}`],
    ["state", stateCell(status, now)],
    ["tls", tlsCell(status, now)],
    ["warm-up", warmupCell(status, now)],
  ];
}

/** With what connections are secured, and until when. */
function tlsCell({ tls }: GetStatusResponse, now: number): Cell | undefined {
  if (!tls) return undefined;
  const { certificatePath, certificateEndUnixNs: end } = tls;
  const meaning = endsSoon(end, now) ? "bad" : "plain";
  return { text: `${certificatePath} ${certificateText(end, now)}`, meaning };
}

/** What is not touched yet, and until when; nothing once the warm-up is over. */
function warmupCell(
  { warmup, warmupUntilUnixNs: until }: GetStatusResponse,
  now: number,
): Cell | undefined {
  if (warmup === "" || warmup === "over") return undefined;
  const when = until === 0n
    ? "the warm-up is over"
    : `${formatTime(until)}, ${formatIn(until, now)}`;
  const what = warmup === "quiet"
    ? "no VIP is touched"
    : "not all VIPs are looked after, each once its backends are known";
  return { text: `${warmup}: ${what}, before ${when}`, meaning: "warning" };
}

/** Whether what operators say outlives the process; nothing where an older maglevd does not tell. */
function stateCell({ state }: GetStatusResponse, now: number): Cell | undefined {
  if (!state) return undefined;
  const { directory, notKept, notKeptSinceUnixNs: since } = state;
  if (directory === "") {
    return {
      text: "in memory only: forgotten at a restart (--state-dir is empty)",
      meaning: "dim",
    };
  }
  if (notKept === "") return { text: `kept in ${directory}` };
  const when = `since ${formatTime(since)} (${formatAgo(since, now)} ago)`;
  return { text: `NOT KEPT ${when}: ${notKept}`, meaning: "bad" };
}

/** Whether VPP holds what is desired. */
export function vppCell(found: Found, { now }: View): Cell {
  const { vpp, status } = found;
  if (typeof vpp === "string") {
    const away = status?.vppAway;
    return away
      ? { text: formatAway(away, now), meaning: "bad" }
      : { text: vpp, meaning: status?.vpp === "off" ? "dim" : "bad" };
  }
  if (vpp.stepSinceNs === 0n) return { text: `${vpp.version}, connected` };
  const since = `since ${formatTime(vpp.stepSinceNs)}`;
  const checked = vpp.checkedNs === 0n ? "" : `, checked ${formatAgo(vpp.checkedNs, now)} ago`;
  if (isWarmingUp(found)) {
    return { text: `not in step yet, since the warm-up lasts${checked}`, meaning: "warning" };
  }
  return vpp.inStep
    ? { text: `in step ${since}${checked}`, meaning: "good" }
    : { text: `not in step ${since}${checked}`, meaning: "bad" };
}
