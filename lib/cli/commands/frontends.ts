import type { FrontendInfo, PoolBackendInfo } from "../../gen/maglev_pb.ts";
import { handMark } from "../backend_text.ts";
import { formatAgo, formatDuration, formatShare, formatTime } from "../format.ts";
import { allFrontends, frontendJson, isUntold, withStates } from "../asking.ts";
import type { Listing, View } from "../node.ts";
import { listing, report, slotValue } from "../report.ts";
import { stateMeaning } from "../style.ts";
import { type Cell, formatPairs, formatTable, indent, inner, left, right } from "../table.ts";

/** `show frontends`: a line each. */
export const showFrontends = listing({
  fetch: async (context) => await withStates(context, await allFrontends(context)),
  listing: listFrontends,
  none: "no frontends are configured",
  json: (frontends) => frontends.map(frontendJson),
});

/** `show frontends NAME`: everything. */
export const showFrontend = report({
  fetch: async (context) => {
    const { client, signal } = context;
    const name = slotValue(context, "frontend");
    const frontend = await client.getFrontend({ name }, { signal });
    await withStates(context, [frontend]);
    return frontend;
  },
  text: formatFrontend,
  json: frontendJson,
});

/** Frontends, a row each. */
function listFrontends(frontends: readonly FrontendInfo[]): Listing {
  return {
    columns: [
      ...left("name", "address", "protocol"),
      ...right("port"),
      ...left("state", "active pool"),
      ...right("up/total"),
      ...left(""),
    ],
    rows: frontends.map((frontend) => [
      frontend.name,
      frontend.address,
      frontend.protocol,
      formatPort(frontend.port),
      { text: frontend.state || "-", meaning: stateMeaning(frontend.state) },
      frontend.activePool || "-",
      countUp(frontend),
      [frontend.failOpenSinceUnixNs > 0n ? "fails open" : "", weightsByHand(frontend)]
        .filter((text) => text !== "").join(", "),
    ]),
  };
}

/** One frontend with its pools. */
function formatFrontend(frontend: FrontendInfo, view: View): string {
  const { style, now } = view;
  const head = formatPairs(style, [
    ["name", frontend.name],
    ["description", frontend.description || undefined],
    ["address", frontend.address],
    ["protocol", frontend.protocol],
    ["port", formatPort(frontend.port)],
    ["state", { text: frontend.state || "-", meaning: stateMeaning(frontend.state) }],
    ["src-ip-sticky", String(frontend.srcIpSticky)],
    ["slow-start", frontend.slowStartNs === 0n ? undefined : formatDuration(frontend.slowStartNs)],
    ["fail-open", failOpenCell(frontend, now)],
    ["flush-on-down", isUntold(frontend) ? "-" : String(frontend.flushOnDown)],
  ]);
  const all = frontend.pools.flatMap(({ backends }) => backends)
    .reduce((sum, { effectiveWeight }) => sum + effectiveWeight, 0);
  const pools = frontend.pools.map((pool) => {
    const mark = pool.name === frontend.activePool ? "  (active)" : "";
    const rows = pool.backends.map((backend) => [
      backend.name,
      { text: backend.state || "-", meaning: stateMeaning(backend.state) },
      formatAgo(backend.sinceUnixNs, now),
      backend.byHand ? `${backend.weight} (${handMark(backend.byHand)})` : String(backend.weight),
      isKept(backend) ? "kept" : String(backend.effectiveWeight),
      all === 0 ? "" : formatShare(backend.effectiveWeight / all),
      {
        text: [reasonText(backend, frontend), handMark(backend.stateByHand)]
          .filter((text) => text !== "").join(", "),
        meaning: "dim" as const,
      },
    ]);
    const table = formatTable({ style, width: inner(view) }, [
      ...left("backend", "state"),
      ...right("for"),
      ...left("weight"),
      ...right("effective", "share"),
      ...left(""),
    ], rows);
    return `${style.paint("label", "pool")} ${pool.name}${mark}\n${indent(table)}`;
  });
  return [head, ...pools].join("\n");
}

/** The setting, and since when it has come to that; nothing where an older maglevd does not say. */
function failOpenCell(
  { failOpen, failOpenSinceUnixNs: since }: FrontendInfo,
  now: number,
): Cell | undefined {
  if (since === 0n) return failOpen === "" ? undefined : { text: failOpen };
  const text = `${failOpen}, since ${formatTime(since)} (${formatAgo(since, now)} ago)`;
  return { text, meaning: "bad" };
}

/** What VPP has, and maglevd does not know. */
function isKept({ reason, effectiveWeight }: PoolBackendInfo): boolean {
  return reason === "kept" || (reason === "fail-open" && effectiveWeight === 0);
}

/** Why a weight is what it is; nothing where it is as configured, or an older maglevd does not say. */
function reasonText(
  { reason, state, weight, slowStartPercent }: PoolBackendInfo,
  { activePool }: FrontendInfo,
): string {
  switch (reason) {
    case "zero":
      return "weight 0";
    case "not-up":
      return state;
    case "standby":
      // It would carry nothing if its pool were the active one, which may be why it is not.
      return weight === 0 ? "weight 0" : `pool ${activePool} is active`;
    case "kept":
      return "not probed yet: what VPP has";
    case "draining":
      return "draining";
    case "flap-hold":
      return "down, held because it flaps";
    case "slow-start":
      return `slow start, ${slowStartPercent}% so far`;
    case "fail-open":
      return "fail-open: as last in use";
    default:
      return state === "disabled" ? "disabled" : "";
  }
}

/** Port 0 is every port. */
export function formatPort(port: number): string {
  return port === 0 ? "all" : String(port);
}

function weightsByHand({ pools }: FrontendInfo): string {
  const count = pools.flatMap(({ backends }) => backends).filter(({ byHand }) => byHand).length;
  return count === 0 ? "" : `${count} ${count === 1 ? "weight" : "weights"} by hand`;
}

function countUp(frontend: FrontendInfo): string {
  const backends = frontend.pools.flatMap((pool) => pool.backends);
  return `${backends.filter((backend) => backend.state === "up").length}/${backends.length}`;
}
