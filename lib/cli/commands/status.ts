import type { JsonValue } from "@bufbuild/protobuf";
import { GetStatusResponseSchema, VPPInfoSchema } from "../../gen/maglev_pb.ts";
import { certificateText, endingSoon, endsSoon } from "../certificates.ts";
import { exitCodes } from "../errors.ts";
import type { View } from "../node.ts";
import { messageJson, report } from "../report.ts";
import { stateMeaning } from "../style.ts";
import { type Cell, formatPairs, indent } from "../table.ts";
import { byHand } from "./status_by_hand.ts";
import { find, type Found, isWarmingUp } from "./status_found.ts";
import { daemonPairs, vppCell } from "./status_pairs.ts";
import { problems } from "./status_problems.ts";
import { troubledBackends, troubleLines } from "./troubled.ts";

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
