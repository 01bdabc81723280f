import type { BackendInfo, HealthCheckInfo, TransitionRecord } from "../../gen/maglev_pb.ts";
import { CommandFailure, exitCodes } from "../errors.ts";
import { reasonText } from "../event_text.ts";
import { isGlob, matchesGlob } from "../glob.ts";
import {
  certificateText,
  drainText,
  drainWord,
  endsSoon,
  handMark,
  handText,
} from "../backend_text.ts";
import {
  formatAgo,
  formatDuration,
  formatIn,
  formatMeasured,
  formatOutcome,
  formatTime,
} from "../format.ts";
import { allBackends, backendJson, isUntold, oneBackend, sinceOf, unlessOlder } from "../asking.ts";
import type { Command, CommandContext, Listing, View } from "../node.ts";
import { listing, report, slotValue } from "../report.ts";
import { stateMeaning } from "../style.ts";
import { type Cell, formatPairs, formatTable, indent, inner, left, right } from "../table.ts";

/** `show backends`, or those of a pattern: a line each. */
export const showBackends = listing({
  fetch: matchingBackends,
  listing: (backends, view) => listBackends(backends, view),
  none: "no backends are configured",
  json: (backends) => backends.map(backendJson),
});

/** Backends that the pattern fits, or all if there is none; not-found where none does. */
export async function matchingBackends(context: CommandContext): Promise<BackendInfo[]> {
  const backends = await allBackends(context);
  const pattern = context.args.values.get("backend");
  if (pattern === undefined) return backends;
  // A name may look like a pattern, and nothing else would do for it.
  const exact = backends.filter(({ name }) => name === pattern);
  const matching = exact.length > 0
    ? exact
    : backends.filter(({ name }) => matchesGlob(pattern, name));
  if (matching.length > 0) return matching;
  throw new CommandFailure(`no backend matches ${pattern}`, exitCodes.notFound);
}

/** `show backends NAME`: everything; of a pattern, a line each. */
export const showBackend: Command = {
  kind: "report",
  run: (context) =>
    isGlob(slotValue(context, "backend")) ? showBackends.run(context) : showOne.run(context),
};

/** What is shown of one. */
interface OneBackend {
  readonly backend: BackendInfo;
  readonly check: HealthCheckInfo | undefined;
  readonly history: readonly Change[];
}

/** A change of its state, and why. */
interface Change {
  readonly transition: TransitionRecord;
  readonly why: string;
}

const showOne = report<OneBackend>({
  fetch: async (context) => {
    const { client, signal } = context;
    const backend = await oneBackend(context, slotValue(context, "backend"));
    const check = await client.getHealthCheck({ name: backend.healthcheck }, { signal })
      .catch(() => undefined);
    return { backend, check, history: await historyOf(context, backend) };
  },
  text: (found, view) => formatBackend(found, view),
  json: ({ backend }) => backendJson(backend),
});

/** Changes of its state that are shown, if maglevd itself remembers fewer. */
const shownChanges = 5;

/**
 * The last changes of its state, newest first, with whatever brought them about. maglevd remembers
 * some, with what probes saw; the journal has those from before a restart, and what operators asked for.
 */
async function historyOf(
  context: CommandContext,
  { name: backend, transitions }: BackendInfo,
): Promise<Change[]> {
  const limit = Math.max(shownChanges, transitions.length);
  const request = { backend, kinds: ["backend"], limit };
  const told = await unlessOlder(context, (client, options) => client.listEvents(request, options));
  const changes = (told?.events ?? []).flatMap((event) => {
    const transition = event.event.case === "backend" ? event.event.value.transition : undefined;
    return transition ? [{ transition, why: reasonText(event) }] : [];
  });
  const keys = new Set(changes.map(({ transition }) => transitionKey(transition)));
  return transitions.every((transition) => keys.has(transitionKey(transition)))
    ? changes
    : transitions.map((transition) => ({ transition, why: formatOutcome(transition) }));
}

function transitionKey({ atUnixNs, from, to }: TransitionRecord): string {
  return `${atUnixNs} ${from} ${to}`;
}

/** Backends, a row each. */
export function listBackends(backends: readonly BackendInfo[], view: View): Listing {
  return {
    columns: [
      ...left("name", "address", "state"),
      ...right("for"),
      ...left("last check"),
      ...right("p50", "p95", "max", "timeout", "changes/10m"),
      ...left("frontends", ""),
    ],
    rows: backends.map((backend) => [
      backend.name,
      backend.address,
      stateCell(backend.state),
      formatAgo(sinceOf(backend), view.now),
      probeCell(backend, view.now),
      ...timeCells(backend),
      changesText(backend),
      backend.frontends.join(", "),
      marks(backend),
    ]),
  };
}

/** What took more than the timeout's half stands out. */
function timeCells({ probeTimes: times, timeoutNs }: BackendInfo): Cell[] {
  return [
    ...[times?.p50Ns, times?.p95Ns, times?.maxNs].map((ns): Cell => {
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

/** Since when it is kept down because it flaps, and until when at most. */
function holdCell({ flapHold }: BackendInfo, now: number): Cell | undefined {
  if (!flapHold) return undefined;
  const { sinceUnixNs, untilUnixNs, passing } = flapHold;
  const text = `kept down for ${formatAgo(sinceUnixNs, now)}, ends ${formatIn(untilUnixNs, now)}`;
  return { text: passing ? `${text}; its probes pass` : text, meaning: "warning" };
}

/** maglevd counts no further than 100. */
function changesText({ recentChanges: changes }: BackendInfo): string {
  return changes === undefined ? "" : changes < 100 ? String(changes) : "100+";
}

/** One backend with its last probe and its history. */
function formatBackend({ backend, check, history }: OneBackend, view: View): string {
  const { style, now } = view;
  const began = sinceOf(backend);
  const since = began === 0n ? backend.state : `${backend.state} for ${formatAgo(began, now)}`;
  const head = formatPairs(style, [
    ["name", backend.name],
    ["address", backend.address],
    ["state", { text: since, meaning: stateMeaning(backend.state) }],
    ["flap hold", holdCell(backend, now)],
    ["drain", backend.drain && drainText(backend.drain, now)],
    ["by hand", backend.byHand && handText(backend.byHand, now, backend.drain)],
    ["enabled", String(backend.enabled)],
    ["healthcheck", backend.healthcheck],
    ["health", formatHealth(backend, check)],
    ["last probe", formatProbe(backend, now)],
    ["probes took", timesText(backend)],
    ["changes in 10m", changesText(backend) || undefined],
    ["certificate", certificateCell(backend, now)],
    ["frontends", backend.frontends.join(", ") || "none"],
  ]);
  if (history.length === 0) return head;
  const rows = history.map(({ transition, why }) => [
    formatTime(transition.atUnixNs),
    `${formatAgo(transition.atUnixNs, now)} ago`,
    stateCell(transition.from),
    "→",
    stateCell(transition.to),
    why,
  ]);
  const columns = left("at", "", "from", "", "to", "");
  const table = formatTable({ style, width: inner(view) }, columns, rows);
  return `${head}\n${style.paint("label", "transitions")}\n${indent(table)}`;
}

function stateCell(state: string): Cell {
  return { text: state, meaning: stateMeaning(state) };
}

/** What keeps it from carrying traffic though its probes may pass, and what people have said of it. */
function marks({ flapHold, drain, byHand }: BackendInfo): string {
  const words = [
    flapHold ? "held because it flaps" : "",
    drain ? drainWord(drain) : "",
    handMark(byHand),
  ];
  return words.filter((word) => word !== "").join(", ");
}

/** The last probe of a backend that is not probed any more is of the past, however it ended. */
function probeCell(backend: BackendInfo, now: number): Cell {
  const { lastProbe: probe, state } = backend;
  if (!probe) return noProbe(backend);
  if (state === "paused" || state === "disabled") {
    return { text: `${probe.code} ${formatAgo(probe.atUnixNs, now)} ago`, meaning: "dim" };
  }
  return { text: probe.code, meaning: probe.ok ? "good" : "bad" };
}

function noProbe(backend: BackendInfo): Cell {
  return { text: isUntold(backend) ? "-" : "none yet", meaning: "dim" };
}

function formatProbe(backend: BackendInfo, now: number): Cell {
  const { lastProbe: probe } = backend;
  if (!probe) return noProbe(backend);
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
  if (isUntold(backend)) return "-";
  if (!check) return String(backend.health);
  const top = check.rise + check.fall - 1;
  return `${backend.health} of ${top} (rise ${check.rise}, fall ${check.fall})`;
}
