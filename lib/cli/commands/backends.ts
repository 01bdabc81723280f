import {
  type BackendInfo,
  BackendInfoSchema,
  type HealthCheckInfo,
  type ProbeResultInfo,
} from "../../gen/maglev_pb.ts";
import { CommandFailure, exitCodes } from "../errors.ts";
import { isGlob, matchesGlob } from "../glob.ts";
import { certificateText, endsSoon } from "../certificates.ts";
import { handMark, handText } from "../by_hand.ts";
import { formatAgo, formatDuration, formatMeasured, formatOutcome, formatTime } from "../format.ts";
import type { CommandContext, View } from "../node.ts";
import { messageJson, report, slotValue } from "../report.ts";
import { stateMeaning } from "../style.ts";
import { type Cell, type Column, formatPairs, formatTable, indent } from "../table.ts";

/** `show backends`: a line each. */
export const showBackends = report({
  fetch: async ({ client, signal }) =>
    (await client.listBackends({ details: true }, { signal })).backends,
  text: (backends, view) => formatBackendTable(backends, view),
  json: (backends) => backends.map((backend) => messageJson(BackendInfoSchema, backend)),
});

/** Backends that the pattern fits, or all if there is none; not-found where none does. */
export async function matchingBackends(
  { client, signal, args }: CommandContext,
): Promise<BackendInfo[]> {
  const { backends } = await client.listBackends({ details: true }, { signal });
  const pattern = args.values.get("backend");
  if (pattern === undefined) return backends;
  const matching = backends.filter(({ name }) => matchesGlob(pattern, name));
  if (matching.length > 0) return matching;
  throw new CommandFailure(`no backend matches ${pattern}`, exitCodes.notFound);
}

/** `show backends NAME`: everything; of a pattern, a line each. */
export const showBackend = report({
  fetch: async (context) => {
    const { client, signal } = context;
    const name = slotValue(context, "backend");
    if (isGlob(name)) {
      return { kind: "several", backends: await matchingBackends(context) } as const;
    }
    const backend = await client.getBackend({ name }, { signal });
    const check = await client.getHealthCheck({ name: backend.healthcheck }, { signal })
      .catch(() => undefined);
    return { kind: "one", backend, check } as const;
  },
  text: (found, view) =>
    found.kind === "one"
      ? formatBackend(found.backend, found.check, view)
      : formatBackendTable(found.backends, view),
  json: (found) =>
    found.kind === "one"
      ? messageJson(BackendInfoSchema, found.backend)
      : found.backends.map((backend) => messageJson(BackendInfoSchema, backend)),
});

/** All backends as a table. */
export function formatBackendTable(backends: readonly BackendInfo[], view: View): string {
  if (backends.length === 0) return "no backends are configured";
  return formatTable(
    view.style,
    [
      { title: "name" },
      { title: "address" },
      { title: "state" },
      { title: "for", align: "right" },
      { title: "last check" },
      ...rightAligned("p50", "p95", "max", "timeout", "changes/10m"),
      { title: "frontends" },
    ],
    backends.map((backend) => [
      backend.name,
      backend.address,
      stateCell(backend.state, handMark(backend.byHand)),
      formatAgo(backend.sinceUnixNs, view.now),
      probeCell(backend, view.now),
      ...timeCells(backend),
      changesText(backend),
      backend.frontends.join(", "),
    ]),
  );
}

function rightAligned(...titles: string[]): Column[] {
  return titles.map((title) => ({ title, align: "right" }));
}

/** What took more than the timeout's half stands out. */
function timeCells({ probeTimes: times, timeoutNs }: BackendInfo): Cell[] {
  const durations = times ? [times.p50Ns, times.p95Ns, times.maxNs] : [];
  return [
    ...[0, 1, 2].map((i): Cell => {
      const ns = durations[i];
      if (ns === undefined) return { text: "" };
      return { text: formatMeasured(ns), meaning: 2n * ns > timeoutNs ? "warning" : "plain" };
    }),
    { text: timeoutNs === 0n ? "" : formatDuration(timeoutNs) },
  ];
}

/** Which part of the timeout 95 of 100 probes take at most; 0 where nothing is known. */
export function slowness({ probeTimes, timeoutNs }: BackendInfo): number {
  return probeTimes && timeoutNs > 0n ? Number(probeTimes.p95Ns) / Number(timeoutNs) : 0;
}

/** maglevd counts no further than 100. */
function changesText({ recentChanges: changes }: BackendInfo): string {
  return changes === undefined ? "" : changes < 100 ? String(changes) : "100+";
}

/** One backend with its last probe and its history. */
function formatBackend(
  backend: BackendInfo,
  check: HealthCheckInfo | undefined,
  view: View,
): string {
  const { style, now } = view;
  const since = `${backend.state} for ${formatAgo(backend.sinceUnixNs, now)}`;
  const head = formatPairs(
    style,
    [
      ["name", backend.name],
      ["address", backend.address],
      ["state", { text: since, meaning: stateMeaning(backend.state) }],
      ["by hand", backend.byHand && handText(backend.byHand, now)],
      ["enabled", String(backend.enabled)],
      ["healthcheck", backend.healthcheck],
      ["health", formatHealth(backend, check)],
      ["last probe", formatProbe(backend.lastProbe, now)],
      ["probes took", timesText(backend)],
      ["changes in 10m", changesText(backend) || undefined],
      ["certificate", certificateCell(backend, now)],
      ["frontends", backend.frontends.join(", ") || "none"],
    ],
  );
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

/** The last probe of a backend that is not probed any more is of the past, however it ended. */
function probeCell({ lastProbe: probe, state }: BackendInfo, now: number): Cell {
  if (!probe) return { text: "none yet", meaning: "dim" };
  if (state === "paused" || state === "disabled") {
    return { text: `${probe.code} ${formatAgo(probe.atUnixNs, now)} ago`, meaning: "dim" };
  }
  return { text: probe.code, meaning: probe.ok ? "good" : "bad" };
}

function formatProbe(probe: ProbeResultInfo | undefined, now: number): Cell {
  if (!probe) return { text: "none yet", meaning: "dim" };
  const took = `in ${formatMeasured(probe.durationNs)}, ${formatAgo(probe.atUnixNs, now)} ago`;
  return { text: `${formatOutcome(probe)} ${took}`, meaning: probe.ok ? "good" : "bad" };
}

function timesText({ probeTimes: times, timeoutNs }: BackendInfo): string | undefined {
  if (!times) return undefined;
  const [p50, p95, max] = [times.p50Ns, times.p95Ns, times.maxNs].map(formatMeasured);
  const timeout = `timeout ${formatDuration(timeoutNs)}`;
  return `p50 ${p50}, p95 ${p95}, max ${max} of the last ${times.count}; ${timeout}`;
}

function certificateCell(
  { certificateEndUnixNs: end }: BackendInfo,
  now: number,
): Cell | undefined {
  if (end === 0n) return undefined;
  const meaning = endsSoon(end, now) ? "warning" : "plain";
  return { text: certificateText(end, now), meaning };
}

/** The counter against its top, so that one sees how far from a flip it is. */
function formatHealth(backend: BackendInfo, check: HealthCheckInfo | undefined): string {
  if (!check) return String(backend.health);
  const top = check.rise + check.fall - 1;
  return `${backend.health} of ${top} (rise ${check.rise}, fall ${check.fall})`;
}
