import type {
  ConfigChange,
  EventWeight,
  FrontendOutcome,
  Outcome,
  WeightOutcome,
} from "../gen/maglev_pb.ts";
import { formatShare, formatWeight } from "./format.ts";
import type { Style } from "./style.ts";
import { type Cell, formatTable, indent, inner, type Layout, left } from "./table.ts";

/** What a change comes to, of each frontend concerned; ends without a newline. */
export function formatOutcomeText({ frontends }: Outcome, layout: Layout): string {
  if (frontends.length === 0) return "no frontend's traffic changes";
  return frontends.map((frontend) => formatFrontend(frontend, layout)).join("\n");
}

/** Whether anybody should think about it first. */
export function isDangerous({ frontends }: Outcome): boolean {
  return frontends.some(({ danger }) => danger !== "");
}

/** What is different in a configuration, a line each. */
export function formatConfigChanges(changes: readonly ConfigChange[], style: Style): string {
  if (changes.length === 0) return "the file says what is in force";
  const marks: Readonly<Record<string, string>> = { added: "+", removed: "-" };
  return changes.map(({ kind, change, name, details }) => {
    const what = [style.paint("label", kind), name, change].filter((part) => part !== "").join(" ");
    const more = details.length === 0 ? "" : `: ${details.join(", ")}`;
    return `${marks[change] ?? "~"} ${what}${more}`;
  }).join("\n");
}

function formatFrontend(outcome: FrontendOutcome, layout: Layout): string {
  const { style } = layout;
  const { frontendName, danger, weights, hasMore } = outcome;
  const headline = `frontend ${frontendName}${become(outcome)}`;
  const head = danger === "" ? headline : style.paint("bad", headline);
  if (weights.length === 0) return head;
  const columns = left("pool", "backend", "weight", "share");
  const rows = weights.map((weight) => [
    weight.poolName,
    weight.backendName,
    weightCell(weight),
    shareText(weight),
  ]);
  const more = hasMore ? `\n${style.paint("dim", "and more")}` : "";
  return `${head}\n${indent(formatTable({ style, width: inner(layout) }, columns, rows) + more)}`;
}

/** What becomes of it, in a few words that follow its name. */
function become({ before, after, danger }: FrontendOutcome): string {
  if (!after) return " is removed: its VIP is withdrawn";
  const { state, activePool, weight } = after;
  if (!before) return ` is new: ${state}, weight ${weight} in pool ${activePool}`;
  if (danger === "goes-down") {
    return ` goes down: nothing carries its traffic${
      state === "down" ? "" : " until a probe has passed"
    }`;
  }
  const parts = [
    before.state === state ? "" : `${before.state} → ${state}`,
    before.activePool === activePool ? "" : `fails over from ${before.activePool} to ${activePool}`,
    before.weight === weight ? "" : `weight ${before.weight} → ${weight}`,
    danger === "loses-most" ? "most of it lost" : "",
  ].filter((part) => part !== "");
  return parts.length === 0 ? `: ${state}, with the traffic it has` : `: ${parts.join(", ")}`;
}

/** What VPP is told and, where that is something else, what is configured. */
function weightCell(outcome: WeightOutcome): Cell {
  const { configuredFrom, configuredTo, effectiveFrom, effectiveTo } = outcome;
  const effective = arrow(effectiveFrom, effectiveTo);
  const configured = arrow(configuredFrom, configuredTo);
  const isConfigured = configured.includes("→") && configured !== effective;
  return { text: isConfigured ? `${effective} (configured ${configured})` : effective };
}

function arrow(from: EventWeight | undefined, to: EventWeight | undefined): string {
  const [before, after] = [formatWeight(from), formatWeight(to)];
  return before === after ? before : `${before} → ${after}`;
}

function shareText({ shareFrom, shareTo }: WeightOutcome): string {
  const [from, to] = [formatShare(shareFrom), formatShare(shareTo)];
  return from === to ? from : `${from} → ${to}`;
}
