import { Code, ConnectError } from "@connectrpc/connect";
import { create, type JsonValue, type MessageInitShape } from "@bufbuild/protobuf";
import { type OperationSchema, type Outcome, OutcomeSchema } from "../gen/maglev_pb.ts";
import { CommandFailure, exitCodes } from "./errors.ts";
import { formatAway } from "./format.ts";
import type { Command, CommandContext, View } from "./node.ts";
import { formatOutcomeText, isDangerous } from "./outcome_text.ts";
import { messageJson, report } from "./report.ts";
import { plainStyle } from "./style.ts";

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
        ...(outcome && { outcome: messageJson(OutcomeSchema, outcome) }),
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
  const { client, signal, dryRun } = context;
  const operations = [...request.operations];
  const foreseen = await unlessOlder(
    context,
    async () => (await client.operate({ operations, dryRun: true }, { signal })).outcome,
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
  const { outcome } = await client.operate({ operations }, { signal });
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

/** What is said of a maglevd that lacks a call. */
export const olderServer = "this maglevd is older than maglevc and does not tell";

/** A maglevd that is older cannot do that. */
export function notOlder(verb: string): Promise<never> {
  throw new CommandFailure(`this maglevd is older than maglevc and has no ${verb}`);
}

/** What `call` finds; undefined if it is one that this maglevd does not know. */
export async function unlessOlder<T>(
  { client, signal }: Pick<CommandContext, "client" | "signal">,
  call: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ConnectError && error.code === Code.Unimplemented)) throw error;
    // A maglevd that is older answers this; whatever else listens there does not.
    await client.listHealthChecks({}, { signal });
    return undefined;
  }
}

function isSame(a: Outcome | undefined, b: Outcome): boolean {
  if (!a) return false;
  const [one, other] = [a, b].map(({ backends, frontends }) =>
    JSON.stringify(messageJson(OutcomeSchema, create(OutcomeSchema, { backends, frontends })))
  );
  return one === other;
}
