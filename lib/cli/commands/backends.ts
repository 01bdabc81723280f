import type { BackendInfo, HealthCheckInfo } from "../../gen/maglev_pb.ts";
import { CommandFailure, exitCodes } from "../errors.ts";
import { isGlob, matchesGlob } from "../glob.ts";
import { recentEvents } from "./events.ts";
import { handMark, handText } from "../by_hand.ts";
import { formatAgo, formatMeasured, formatOutcome, formatTime } from "../format.ts";
import { allBackends, backendJson, isUntold, oneBackend, sinceOf } from "../lists.ts";
import type { Command, CommandContext, Listing, View } from "../node.ts";
import { listing, report, slotValue } from "../report.ts";
import { stateMeaning } from "../style.ts";
import { type Cell, formatPairs, formatTable, indent, inner } from "../table.ts";

/** `show backends`: a line each. */
export const showBackends = listing({
  fetch: allBackends,
  listing: (backends, view) => listBackends(backends, view),
  none: "no backends are configured",
  json: (backends) => backends.map(backendJson),
});

/** What backends may be chosen by. */
export type BackendFilter = "down" | "flapping" | "by-hand";

/** `show backends [PATTERN] FILTER`: a line each, what flaps most first. */
export function showBackendsThat(filter: BackendFilter): Command {
  return listing({
    fetch: async (context) => {
      const backends = await matchingBackends(context);
      return filter === "flapping"
        ? await flappingBackends(context, backends)
        : { backends: backends.filter(filters[filter]), changes: undefined };
    },
    listing: ({ backends, changes }, view) => listBackends(backends, view, changes),
    none: none[filter],
    json: ({ backends, changes }) =>
      backends.map((backend) => ({
        ...backendJson(backend),
        ...(changes && { changes: changes.get(backend.name) ?? 0 }),
      })),
  });
}

const filters: Readonly<
  Record<Exclude<BackendFilter, "flapping">, (backend: BackendInfo) => boolean>
> = {
  down: ({ state }) => state === "down",
  "by-hand": ({ byHand }) => byHand !== undefined,
};

const none: Readonly<Record<BackendFilter, string>> = {
  down: "no backend is down",
  flapping: "no backend flaps",
  "by-hand": "no backend was steered by hand",
};

async function matchingBackends(context: CommandContext): Promise<BackendInfo[]> {
  const backends = await allBackends(context);
  const pattern = context.args.values.get("backend");
  if (pattern === undefined) return backends;
  const matching = backends.filter(({ name }) => matchesGlob(pattern, name));
  if (matching.length > 0) return matching;
  throw new CommandFailure(`no backend matches ${pattern}`, exitCodes.notFound);
}

/** Changes of state within {@link flappingSpan} that make a backend flap. */
const flappingChanges = 4;

const flappingSpan = "10m";

/** By the events of the last minutes, most changes first. */
async function flappingBackends(context: CommandContext, backends: readonly BackendInfo[]) {
  const events = await recentEvents(context, flappingSpan, ["backend"]);
  const changes = new Map<string, number>();
  for (const { event } of events) {
    if (event.case !== "backend") continue;
    const { backendName } = event.value;
    changes.set(backendName, (changes.get(backendName) ?? 0) + 1);
  }
  const count = ({ name }: BackendInfo) => changes.get(name) ?? 0;
  const flapping = backends.filter((backend) => count(backend) >= flappingChanges)
    .sort((a, b) => count(b) - count(a));
  return { backends: flapping, changes };
}

/** `show backends NAME`: everything; of a pattern, a line each. */
export const showBackend: Command = {
  kind: "report",
  run: (context) =>
    isGlob(slotValue(context, "backend")) ? showMatching.run(context) : showOne.run(context),
};

const showMatching = listing({
  fetch: matchingBackends,
  listing: (backends, view) => listBackends(backends, view),
  none: "no backends are configured",
  json: (backends) => backends.map(backendJson),
});

const showOne = report({
  fetch: async (context) => {
    const { client, signal } = context;
    const backend = await oneBackend(context, slotValue(context, "backend"));
    const check = await client.getHealthCheck({ name: backend.healthcheck }, { signal })
      .catch(() => undefined);
    return { backend, check };
  },
  text: ({ backend, check }, view) => formatBackend(backend, check, view),
  json: ({ backend }) => backendJson(backend),
});

/** Backends, a row each. */
function listBackends(
  backends: readonly BackendInfo[],
  view: View,
  changes?: ReadonlyMap<string, number>,
): Listing {
  return {
    columns: [
      { title: "name" },
      { title: "address" },
      { title: "state" },
      { title: "for", align: "right" },
      { title: "last check" },
      { title: "took", align: "right" },
      ...(changes ? [{ title: `changes in ${flappingSpan}`, align: "right" as const }] : []),
      { title: "frontends" },
      { title: "" },
    ],
    rows: backends.map((backend) => [
      backend.name,
      backend.address,
      stateCell(backend.state),
      formatAgo(sinceOf(backend), view.now),
      probeCell(backend, view.now),
      backend.lastProbe ? formatMeasured(backend.lastProbe.durationNs) : "",
      ...(changes ? [String(changes.get(backend.name) ?? 0)] : []),
      backend.frontends.join(", "),
      handMark(backend.byHand),
    ]),
  };
}

/** One backend with its last probe and its history. */
function formatBackend(
  backend: BackendInfo,
  check: HealthCheckInfo | undefined,
  view: View,
): string {
  const { style, now } = view;
  const began = sinceOf(backend);
  const since = began === 0n ? backend.state : `${backend.state} for ${formatAgo(began, now)}`;
  const head = formatPairs(style, [
    ["name", backend.name],
    ["address", backend.address],
    ["state", { text: since, meaning: stateMeaning(backend.state) }],
    ["by hand", backend.byHand && handText(backend.byHand, now)],
    ["enabled", String(backend.enabled)],
    ["healthcheck", backend.healthcheck],
    ["health", formatHealth(backend, check)],
    ["last probe", formatProbe(backend, now)],
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
  const history = formatTable({ style, width: inner(view) }, [
    { title: "at" },
    { title: "" },
    { title: "from" },
    { title: "" },
    { title: "to" },
    { title: "" },
  ], rows);
  return `${head}\n${style.paint("label", "transitions")}\n${indent(history)}`;
}

function stateCell(state: string): Cell {
  return { text: state, meaning: stateMeaning(state) };
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

/** The counter against its top, so that one sees how far from a flip it is. */
function formatHealth(backend: BackendInfo, check: HealthCheckInfo | undefined): string {
  if (isUntold(backend)) return "-";
  if (!check) return String(backend.health);
  const top = check.rise + check.fall - 1;
  return `${backend.health} of ${top} (rise ${check.rise}, fall ${check.fall})`;
}
