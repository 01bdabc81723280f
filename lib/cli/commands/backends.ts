import {
  type BackendInfo,
  BackendInfoSchema,
  type HealthCheckInfo,
  type ProbeResultInfo,
} from "../../gen/maglev_pb.ts";
import { CommandFailure, exitCodes } from "../errors.ts";
import { isGlob, matchesGlob } from "../glob.ts";
import { recentEvents } from "./events.ts";
import type { JsonObject } from "@bufbuild/protobuf";
import { handMark, handText } from "../by_hand.ts";
import { drainText, drainWord } from "../drain_text.ts";
import { formatAgo, formatMeasured, formatOutcome, formatTime } from "../format.ts";
import type { Command, CommandContext, View } from "../node.ts";
import { messageJson, report, slotValue } from "../report.ts";
import { stateMeaning } from "../style.ts";
import { type Cell, formatPairs, formatTable, indent } from "../table.ts";

/** `show backends`: a line each. */
export const showBackends = report({
  fetch: async ({ client, signal }) =>
    (await client.listBackends({ details: true }, { signal })).backends,
  text: (backends, view) => formatBackendTable(backends, view),
  json: (backends) => backends.map((backend) => messageJson(BackendInfoSchema, backend)),
});

/** What backends may be chosen by. */
export type BackendFilter = "down" | "flapping" | "by-hand";

/** `show backends [PATTERN] FILTER`: a line each, what flaps most first. */
export function showBackendsThat(filter: BackendFilter): Command {
  return report({
    fetch: async (context) => {
      const backends = await matchingBackends(context);
      return filter === "flapping"
        ? await flappingBackends(context, backends)
        : { backends: backends.filter(filters[filter]), changes: undefined };
    },
    text: ({ backends, changes }, view) =>
      backends.length === 0 ? none[filter] : formatBackendTable(backends, view, changes),
    json: ({ backends, changes }) =>
      backends.map((backend) => ({
        ...messageJson(BackendInfoSchema, backend) as JsonObject,
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

async function matchingBackends({ client, signal, args }: CommandContext): Promise<BackendInfo[]> {
  const { backends } = await client.listBackends({ details: true }, { signal });
  const pattern = args.values.get("backend");
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
function formatBackendTable(
  backends: readonly BackendInfo[],
  view: View,
  changes?: ReadonlyMap<string, number>,
): string {
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
      ...(changes ? [{ title: `changes in ${flappingSpan}`, align: "right" as const }] : []),
      { title: "frontends" },
    ],
    backends.map((backend) => [
      backend.name,
      backend.address,
      stateCell(backend.state, drainMark(backend) + handMark(backend.byHand)),
      formatAgo(backend.sinceUnixNs, view.now),
      probeCell(backend, view.now),
      backend.lastProbe ? formatMeasured(backend.lastProbe.durationNs) : "",
      ...(changes ? [String(changes.get(backend.name) ?? 0)] : []),
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
    ["drain", backend.drain && drainText(backend.drain, now)],
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

/** `, draining` of one that is. */
function drainMark({ drain }: BackendInfo): string {
  return drain ? `, ${drainWord(drain)}` : "";
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

/** The counter against its top, so that one sees how far from a flip it is. */
function formatHealth(backend: BackendInfo, check: HealthCheckInfo | undefined): string {
  if (!check) return String(backend.health);
  const top = check.rise + check.fall - 1;
  return `${backend.health} of ${top} (rise ${check.rise}, fall ${check.fall})`;
}
