import {
  type BackendInfo,
  BackendInfoSchema,
  type HealthCheckInfo,
  type ProbeResultInfo,
} from "../../gen/maglev_pb.ts";
import { handMark, handText } from "../by_hand.ts";
import { formatAgo, formatMeasured, formatOutcome, formatTime } from "../format.ts";
import type { View } from "../node.ts";
import { messageJson, report, slotValue } from "../report.ts";
import { stateMeaning } from "../style.ts";
import { type Cell, formatPairs, formatTable, indent } from "../table.ts";

/** `show backends`: a line each. */
export const showBackends = report({
  fetch: async ({ client, signal }) =>
    (await client.listBackends({ details: true }, { signal })).backends,
  text: formatBackendTable,
  json: (backends) => backends.map((backend) => messageJson(BackendInfoSchema, backend)),
});

/** `show backends NAME`: everything. */
export const showBackend = report({
  fetch: async (context) => {
    const { client, signal } = context;
    const backend = await client.getBackend({ name: slotValue(context, "backend") }, { signal });
    const check = await client.getHealthCheck({ name: backend.healthcheck }, { signal })
      .catch(() => undefined);
    return { backend, check };
  },
  text: ({ backend, check }, view) => formatBackend(backend, check, view),
  json: ({ backend }) => messageJson(BackendInfoSchema, backend),
});

/** All backends as a table. */
function formatBackendTable(backends: readonly BackendInfo[], view: View): string {
  if (backends.length === 0) return "no backends are configured";
  return formatTable(
    view.style,
    [
      { title: "name" },
      { title: "address" },
      { title: "state" },
      { title: "for", align: "right" },
      { title: "last check" },
      { title: "took", align: "right" },
      { title: "frontends" },
    ],
    backends.map((backend) => [
      backend.name,
      backend.address,
      stateCell(backend.state, handMark(backend.byHand)),
      formatAgo(backend.sinceUnixNs, view.now),
      probeCell(backend.lastProbe),
      backend.lastProbe ? formatMeasured(backend.lastProbe.durationNs) : "",
      backend.frontends.join(", "),
    ]),
  );
}

/** One backend with its last probe and its history. */
function formatBackend(
  backend: BackendInfo,
  check: HealthCheckInfo | undefined,
  view: View,
): string {
  const { style, now } = view;
  const since = `${backend.state} for ${formatAgo(backend.sinceUnixNs, now)}`;
  const head = formatPairs(style, [
    ["name", backend.name],
    ["address", backend.address],
    ["state", { text: since, meaning: stateMeaning(backend.state) }],
    ["by hand", backend.byHand && handText(backend.byHand, now)],
    ["enabled", String(backend.enabled)],
    ["healthcheck", backend.healthcheck],
    ["health", formatHealth(backend, check)],
    ["last probe", formatProbe(backend.lastProbe, now)],
    ["frontends", backend.frontends.join(", ") || "none"],
  ]);
  if (backend.transitions.length === 0) return head;
  const rows = backend.transitions.map((transition) => [
    formatTime(transition.atUnixNs),
    `${formatAgo(transition.atUnixNs, now)} ago`,
    stateCell(transition.from),
    "→",
    stateCell(transition.to),
    formatOutcome(transition),
  ]);
  const history = formatTable(style, [
    { title: "at" },
    { title: "" },
    { title: "from" },
    { title: "" },
    { title: "to" },
    { title: "" },
  ], rows);
  return `${head}\n${style.paint("label", "transitions")}\n${indent(history)}`;
}

function stateCell(state: string, mark = ""): Cell {
  return { text: `${state}${mark}`, meaning: stateMeaning(state) };
}

function probeCell(probe: ProbeResultInfo | undefined): Cell {
  if (!probe) return { text: "none yet", meaning: "dim" };
  return { text: probe.code, meaning: probe.ok ? "good" : "bad" };
}

function formatProbe(probe: ProbeResultInfo | undefined, now: number): Cell {
  if (!probe) return { text: "none yet", meaning: "dim" };
  const took = `in ${formatMeasured(probe.durationNs)}, ${formatAgo(probe.atUnixNs, now)} ago`;
  return { text: `${formatOutcome(probe)} ${took}`, meaning: probe.ok ? "good" : "bad" };
}

/** The counter against its top, so that one sees how far from a flip it is. */
function formatHealth(backend: BackendInfo, check: HealthCheckInfo | undefined): string {
  if (!check) return String(backend.health);
  const top = check.rise + check.fall - 1;
  return `${backend.health} of ${top} (rise ${check.rise}, fall ${check.fall})`;
}
