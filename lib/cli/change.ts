import { create, type JsonValue, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type ConfigChange,
  type EventWeight,
  type FrontendOutcome,
  type OperationSchema,
  type Outcome,
  OutcomeSchema,
  type WeightOutcome,
} from "../gen/maglev_pb.ts";
import { changing, olderServer, unlessOlder, work } from "./asking.ts";
import { CommandFailure, exitCodes } from "./errors.ts";
import { formatAway, formatShare, formatWeight } from "./format.ts";
import type { Command, CommandContext, View } from "./node.ts";
import { messageJson, report } from "./report.ts";
import { plainStyle, type Style } from "./style.ts";
import { type Cell, formatTable, indent, inner, type Layout, left } from "./table.ts";

/** What came of a command that changes something, or would come of it. */
export interface Changed {
  /** What it says of itself, without what becomes of the frontends. */
  readonly text: (view: View) => string;
  /** Undefined where maglevd does not tell. */
  readonly outcome: Outcome | undefined;
  /** Whether the outcome was shown already, with a question. */
  readonly isShown: boolean;
  readonly isDryRun: boolean;
  /** More for scripts. */
  readonly json?: Readonly<Record<string, JsonValue>>;
}

/** A command that changes something, and knows `--dry-run`. */
export function change(run: (context: CommandContext) => Promise<Changed>): Command {
  return {
    ...report({
      fetch: run,
      text({ text, outcome, isShown, isDryRun }, view) {
        const frontends = outcome && !isShown ? [formatOutcomeText(outcome, view)] : [];
        const note = isDryRun ? [view.style.paint("dim", "dry run: nothing was changed")] : [];
        const warnings = outcome
          ? warningsOf(outcome, view).map((line) => view.style.paint("bad", line))
          : [];
        return [text(view), ...frontends, ...note, ...warnings].filter((part) => part !== "")
          .join("\n");
      },
      json: ({ text, outcome, isDryRun, json }) => ({
        result: text({ style: plainStyle, now: 0 }),
        ...json,
        dryRun: isDryRun,
        ...(outcome && { outcome: messageJson(outcome) }),
      }),
      code: ({ outcome, isDryRun }) =>
        isDryRun && outcome && isDangerous(outcome) ? exitCodes.differs : exitCodes.done,
    }),
    changes: true,
  };
}

/** What keeps a change from what it is meant for: a VPP that does not hear of it, or the disk. */
function warningsOf({ frontends, vppAway, notKept }: Outcome, { now }: View): string[] {
  const away = vppAway && frontends.length > 0
    ? [`traffic stays as it is until VPP is back: VPP is ${formatAway(vppAway, now)}`]
    : [];
  return notKept === ""
    ? away
    : [...away, `this is NOT KEPT, and forgotten when maglevd restarts: ${notKept}`];
}

/** What an operation is asked for with. */
export type OperationInit = MessageInitShape<typeof OperationSchema>;

/** What is to be done, and what is said of it. */
export interface ChangeRequest {
  readonly operations: readonly OperationInit[];
  /** Ends in a question mark. */
  readonly question: string;
  /** Whether it is asked even if nothing bad comes of it. */
  readonly isAlwaysAsked: boolean;
  /** What has come of it or, if it is only foreseen, would come of it, a line each. */
  readonly text: (outcome: Outcome | undefined, isForeseen: boolean) => string;
  /** Does the same at a maglevd that is older. */
  readonly older: () => Promise<string>;
}

/** Does what is asked for, after a look at what comes of it and, if need be, a question. */
export async function carryOut(context: CommandContext, request: ChangeRequest): Promise<Changed> {
  const { client, dryRun } = context;
  const operations = [...request.operations];
  const foreseen = await unlessOlder(
    context,
    async () => (await client.operate({ operations, dryRun: true }, work(context))).outcome,
  );
  if (!foreseen) return await carryOutBlindly(context, request);
  if (dryRun) {
    const text = () => request.text(foreseen, true);
    return { text, outcome: foreseen, isShown: false, isDryRun: true };
  }
  const isAsked = request.isAlwaysAsked || isDangerous(foreseen);
  const before = request.text(foreseen, true);
  const wasShown = isAsked && await context.agree({
    details: (layout) => `${before}\n${formatOutcomeText(foreseen, layout)}`,
    question: request.question,
  });
  const { outcome } = await changing(context, (options) => client.operate({ operations }, options));
  const isShown = wasShown && isSame(outcome, foreseen);
  return { text: () => request.text(outcome, false), outcome, isShown, isDryRun: false };
}

/** A maglevd of before does what it is asked, and does not say what will come of it. */
async function carryOutBlindly(context: CommandContext, request: ChangeRequest): Promise<Changed> {
  if (context.dryRun) throw new CommandFailure(`${olderServer} what a change would come to`);
  if (request.isAlwaysAsked) {
    await context.agree({
      details: () => `${olderServer} what a change would come to`,
      question: request.question,
    });
  }
  const text = await request.older();
  return { text: () => text, outcome: undefined, isShown: false, isDryRun: false };
}

function isSame(a: Outcome | undefined, b: Outcome): boolean {
  if (!a) return false;
  const [one, other] = [a, b].map(({ backends, frontends }) =>
    JSON.stringify(messageJson(create(OutcomeSchema, { backends, frontends })))
  );
  return one === other;
}

/** What a change comes to, of each frontend concerned; ends without a newline. */
export function formatOutcomeText({ frontends }: Outcome, layout: Layout): string {
  if (frontends.length === 0) return "no frontend's weights change";
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
