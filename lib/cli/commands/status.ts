import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type BackendInfo,
  type FrontendInfo,
  type GetStatusResponse,
  GetStatusResponseSchema,
  type VPPAway,
  type VPPInfo,
  VPPInfoSchema,
} from "../../gen/maglev_pb.ts";
import { handText } from "../by_hand.ts";
import { certificateText, endingSoon } from "../certificates.ts";
import { unlessOlder } from "../change.ts";
import { exitCodes } from "../errors.ts";
import { formatAgo, formatIn, formatTime } from "../format.ts";
import { allBackends, allFrontends } from "../lists.ts";
import type { CommandContext, View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { stateMeaning } from "../style.ts";
import { type Cell, formatPairs, indent } from "../table.ts";
import { troubledBackends, troubleLines } from "./troubled.ts";

/** Everything that `show status` looks at. */
interface Found {
  /** When it was looked at, in Unix milliseconds. */
  readonly at: number;
  /** Undefined where a maglevd that is older does not tell. */
  readonly status: GetStatusResponse | undefined;
  readonly backends: readonly BackendInfo[];
  readonly frontends: readonly FrontendInfo[];
  /** Or why it is not known. */
  readonly vpp: VPPInfo | string;
}

/** `show status`: whether everything is all right, and what is not. */
export const showStatus = report<Found>({
  fetch: find,
  text: formatStatus,
  json: (found) => ({
    status: found.status ? messageJson(GetStatusResponseSchema, found.status) : null,
    vpp: typeof found.vpp === "string"
      ? { unavailable: found.vpp }
      : messageJson(VPPInfoSchema, found.vpp),
    backends: countJson(found.backends),
    frontends: countJson(found.frontends),
    problems: problems(found),
    troubledBackends: troubledBackends(found.backends).map(({ name }): JsonValue => name),
    byHand: byHand(found, 0).map(({ what }): JsonValue => what),
    certificates: endingSoon(found.backends, found.at).map((
      { name, certificateEndUnixNs: end },
    ) => ({ backend: name, endUnixNs: String(end) })),
  }),
  code: (found) => problems(found).length === 0 ? exitCodes.done : exitCodes.differs,
});

async function find(context: CommandContext): Promise<Found> {
  const { client, signal } = context;
  const [status, backends, frontends, vpp] = await Promise.all([
    unlessOlder(context, () => client.getStatus({}, { signal })),
    allBackends(context),
    allFrontends(context),
    client.getVPPInfo({}, { signal }).catch(whyUnavailable),
  ]);
  return { at: context.now(), status, backends, frontends, vpp };
}

function whyUnavailable(error: unknown): string {
  if (error instanceof ConnectError && error.code === Code.Unavailable) return error.rawMessage;
  throw error;
}

function formatStatus(found: Found, view: View): string {
  const { style } = view;
  const wrong = problems(found);
  const troubled = troubledBackends(found.backends);
  const hand = byHand(found, view.now);
  const certificates = endingSoon(found.backends, found.at).map((
    { name, certificateEndUnixNs: end },
  ) => `of backend ${name} ${certificateText(end, view.now)}`);
  const parts = [
    formatPairs(style, [
      ["status", verdict(wrong.length, troubled.length, found.status !== undefined)],
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
function verdict(wrong: number, troubled: number, isAllTold: boolean): Cell {
  if (wrong > 0) {
    return { text: `${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong`, meaning: "bad" };
  }
  if (troubled > 0) {
    const who = `${troubled} ${troubled === 1 ? "backend is" : "backends are"} in trouble`;
    return { text: `no frontend is in trouble, ${who}`, meaning: "warning" };
  }
  return isAllTold
    ? { text: "all is well", meaning: "good" }
    : { text: "unknown: nothing is seen to be wrong, but not all is told", meaning: "warning" };
}

function section(title: string, lines: readonly string[], { style }: View): string {
  return `${style.paint("label", title)}\n${indent(lines.join("\n"))}`;
}

function daemonPairs(
  status: GetStatusResponse | undefined,
  { now }: View,
): [string, Cell | string | undefined][] {
  if (!status) return [["maglevd", "older than maglevc, and tells nothing of itself"]];
  const { version, commit, startedUnixNs, configPath, configLoadedUnixNs } = status;
  return [
    ["maglevd", `${version} (commit ${commit}), up for ${formatAgo(startedUnixNs, now)}`],
    ["config", `${configPath}, in force for ${formatAgo(configLoadedUnixNs, now)}`],
    ["warm-up", warmupCell(status, now)],
  ];
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

function vppCell({ vpp, status }: Found, { now }: View): Cell {
  if (typeof vpp === "string") {
    const away = status?.vppAway;
    return away
      ? { text: awayText(away, now), meaning: "bad" }
      : { text: vpp, meaning: status?.vpp === "off" ? "dim" : "bad" };
  }
  if (vpp.stepSinceNs === 0n) return { text: `${vpp.version}, connected` };
  const since = `since ${formatTime(vpp.stepSinceNs)}`;
  const checked = vpp.checkedNs === 0n ? "" : `, checked ${formatAgo(vpp.checkedNs, now)} ago`;
  return vpp.inStep
    ? { text: `in step ${since}${checked}`, meaning: "good" }
    : { text: `not in step ${since}${checked}`, meaning: "bad" };
}

/** Since when VPP is away, why, and when it is tried again. */
export function awayText({ sinceUnixNs, reason, nextTryUnixNs }: VPPAway, now: number): string {
  const since = `${formatTime(sinceUnixNs)} (${formatAgo(sinceUnixNs, now)} ago)`;
  const next = nextTryUnixNs === 0n ? "now" : formatIn(nextTryUnixNs, now);
  return `not connected since ${since}: ${reason}; next try ${next}`;
}

/** What is not as it should be, a line each. */
function problems({ status, vpp, backends, frontends }: Found): string[] {
  const lines: string[] = [];
  for (
    const { name, state, activePool, pools, failOpenSinceUnixNs: since, failOpen } of frontends
  ) {
    const [first] = pools;
    if (since > 0n) {
      const what = `its servers keep the weights that they were last in use with (${failOpen})`;
      lines.push(`frontend ${name} fails open since ${formatTime(since)}: ${what}`);
    }
    if (state === "down") lines.push(`frontend ${name} is down`);
    else if (state === "up" && first && activePool !== first.name && activePool !== "") {
      lines.push(`frontend ${name} is on pool ${activePool}, not on ${first.name}`);
    }
  }
  for (const { name, flapHold } of backends) {
    if (!flapHold) continue;
    lines.push(`backend ${name} flaps, and is kept down until ${formatTime(flapHold.untilUnixNs)}`);
  }
  if (status?.configRejected) {
    lines.push(`the last reload was refused: ${status.configRejected.split("\n").join("; ")}`);
  }
  if (status?.configFileChanged) {
    lines.push("the configuration file is not the one in force: config diff tells how");
  }
  if (typeof vpp === "string") {
    if (status?.vpp !== "off") lines.push(`VPP: ${vpp}`);
  } else if (!vpp.inStep && vpp.stepSinceNs !== 0n && status?.warmup === "over") {
    lines.push("VPP is not in step", ...vpp.differs.map((line) => `VPP differs: ${line}`));
  }
  return lines;
}

/** All that was set by hand. */
function byHand(
  { backends, frontends }: Found,
  now: number,
): { readonly text: string; readonly what: JsonObject }[] {
  return [
    ...backends.flatMap(({ name, byHand: hand }) =>
      hand
        ? [{
          text: `backend ${name}: ${handText(hand, now)}`,
          what: { backend: name, value: hand.value, file: hand.file },
        }]
        : []
    ),
    ...frontends.flatMap(({ name: frontend, pools }) =>
      pools.flatMap(({ name: pool, backends: members }) =>
        members.flatMap(({ name: backend, byHand: hand }) =>
          hand
            ? [{
              text: `weight of ${backend} in pool ${pool} of ${frontend}: ${handText(hand, now)}`,
              what: { frontend, pool, backend, value: hand.value, file: hand.file },
            }]
            : []
        )
      )
    ),
  ];
}

function counts(all: readonly { readonly state: string }[]): Map<string, number> {
  const byState = new Map<string, number>();
  for (const { state } of all) byState.set(state, (byState.get(state) ?? 0) + 1);
  return byState;
}

function countText(all: readonly { readonly state: string }[]): Cell {
  const byState = [...counts(all)].sort(([a], [b]) => a < b ? -1 : 1);
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
