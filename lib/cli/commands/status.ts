import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import type { GetStatusResponse } from "../../gen/maglev_pb.ts";
import { certificateText, endingSoon, endsSoon, handText, weightsByHand } from "../backend_text.ts";
import { exitCodes } from "../errors.ts";
import { formatAgo, formatAway, formatIn, formatTime } from "../format.ts";
import type { View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { stateMeaning } from "../style.ts";
import { type Cell, formatPairs, indent } from "../table.ts";
import {
  find,
  type Found,
  isWarmingUp,
  problems,
  troubledBackends,
  troubleLines,
} from "./status_found.ts";

/** `show status`: whether everything is all right, and what is not. */
export const showStatus = report<Found>({
  fetch: find,
  text: formatStatus,
  json: (found) => ({
    status: found.status ? messageJson(found.status) : null,
    vpp: typeof found.vpp === "string" ? { unavailable: found.vpp } : messageJson(found.vpp),
    backends: countJson(found.backends),
    frontends: countJson(found.frontends),
    problems: problems(found),
    troubledBackends: troubledBackends(found.backends).map(({ name }): JsonValue => name),
    byHand: byHand(found, 0).map(({ what }): JsonValue => what),
    certificates: endingSoon(found.backends, found.at).map((
      { name, certificateEndUnixNs: end },
    ) => ({ backend: name, endUnixNs: String(end) })),
  }),
  code: (found) =>
    problems(found).length === 0 && !isWarmingUp(found) ? exitCodes.done : exitCodes.differs,
});

function formatStatus(found: Found, view: View): string {
  const { style } = view;
  const wrong = problems(found);
  const troubled = troubledBackends(found.backends);
  const hand = byHand(found, view.now);
  const own = found.status?.tls?.certificateEndUnixNs ?? 0n;
  const certificates = [
    ...endsSoon(own, found.at) ? [`of maglevd itself ${certificateText(own, view.now)}`] : [],
    ...endingSoon(found.backends, found.at).map(({ name, certificateEndUnixNs: end }) =>
      `of backend ${name} ${certificateText(end, view.now)}`
    ),
  ];
  const parts = [
    formatPairs(style, [
      ["status", verdict(wrong.length, troubled.length, found)],
      ...daemonPairs(found.status, view),
      ["vpp", vppCell(found, view)],
      ["backends", countText(found.backends)],
      ["frontends", countText(found.frontends)],
    ]),
    ...wrong.length > 0 ? [section("wrong", wrong, view)] : [],
    ...troubled.length > 0
      ? [section("backends in trouble", troubleLines(troubled, view.now), view)]
      : [],
    ...certificates.length > 0 ? [section("certificates that end soon", certificates, view)] : [],
    ...hand.length > 0 ? [section("by hand", hand.map(({ text }) => text), view)] : [],
  ];
  return parts.join("\n");
}

/** A maglevd that does not tell all may be all right. */
function verdict(wrong: number, troubled: number, found: Found): Cell {
  if (wrong > 0) {
    return { text: `${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong`, meaning: "bad" };
  }
  if (isWarmingUp(found)) {
    return { text: "warming up: VPP does not hold everything yet", meaning: "warning" };
  }
  if (troubled > 0) {
    const who = `${troubled} ${troubled === 1 ? "backend is" : "backends are"} in trouble`;
    return { text: `no frontend is in trouble, ${who}`, meaning: "warning" };
  }
  return found.status
    ? { text: "all is well", meaning: "good" }
    : { text: "unknown: nothing is seen to be wrong, but not all is told", meaning: "warning" };
}

function section(title: string, lines: readonly string[], { style }: View): string {
  return `${style.paint("label", title)}\n${indent(lines.join("\n"))}`;
}

function counts(all: readonly { readonly state: string }[]): [state: string, count: number][] {
  return [...Map.groupBy(all, ({ state }) => state)].map(([state, some]) => [state, some.length]);
}

function countText(all: readonly { readonly state: string }[]): Cell {
  const byState = counts(all).sort(([a], [b]) => a < b ? -1 : 1);
  const parts = byState.map(([state, count]) =>
    `${count} ${state || "of a state that is not told"}`
  );
  const [only] = byState;
  const meaning = only && byState.length === 1 ? stateMeaning(only[0]) : "plain";
  return { text: parts.join(", ") || "none", meaning };
}

function countJson(all: readonly { readonly state: string }[]): JsonValue {
  return Object.fromEntries(counts(all));
}

/** What a daemon tells of itself, with labels. */
function daemonPairs(
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
function vppCell(found: Found, { now }: View): Cell {
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

/** All that was set by hand. */
function byHand(
  { backends, frontends }: Found,
  now: number,
): { readonly text: string; readonly what: JsonObject }[] {
  return [
    ...backends.flatMap(({ name, byHand: hand, drain }) =>
      hand
        ? [{
          text: `backend ${name}: ${handText(hand, now, drain)}`,
          what: { backend: name, ...messageJson(hand) },
        }]
        : []
    ),
    ...weightsByHand(frontends).map(({ frontend, pool, backend, byHand: hand }) => ({
      text: `weight of ${backend} in pool ${pool} of ${frontend}: ${handText(hand, now)}`,
      what: { frontend, pool, backend, ...messageJson(hand) },
    })),
  ];
}
