import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import {
  CommandFailure,
  DeclinedFailure,
  describeError,
  type ExitCode,
  exitCodeOf,
  exitCodes,
  SyntaxFailure,
} from "./errors.ts";
import type { LineFlags } from "./flags.ts";
import type { Args, Command, CommandSession, Listing, Report, View } from "./node.ts";
import { commandHelp, commandLines } from "./help.ts";
import { commandTree } from "./tree.ts";
import { describeChoices, splitWords, walk, type Word } from "./walk.ts";
import { watch } from "./commands/events.ts";
import { type Cell, formatTable, left, wrapText } from "./table.ts";
import { declined } from "./terminal.ts";

/** A command and what it was given. */
export interface Parsed {
  readonly command: Command;
  readonly args: Args;
}

/** The words of a line of the shell or of a script. Throws SyntaxFailure at a quote left open. */
export function wordsOf(line: string): readonly Word[] {
  const { words, openQuote } = splitWords(line);
  if (openQuote === undefined) return words;
  throw new SyntaxFailure(words.length - 1, `the quote ${openQuote} is not closed`);
}

/** The command that `words` name. Throws SyntaxFailure saying which word is wrong, and why. */
export function parseCommand(words: readonly string[]): Parsed {
  const result = walk(commandTree, words);
  switch (result.kind) {
    case "command":
      return result;
    case "error":
      throw new SyntaxFailure(result.at, result.message);
    case "incomplete":
      throw new SyntaxFailure(
        undefined,
        `"${words.join(" ")}" is not complete; next: ${describeChoices(result.choices)}`,
      );
  }
}

/** Runs a command and prints what it reports. Resolves to the exit code. Throws what went wrong. */
export async function execute(parsed: Parsed, session: CommandSession): Promise<ExitCode> {
  const { command, args } = parsed;
  checkFlags(command, session);
  switch (command.kind) {
    case "quit":
      return exitCodes.done;
    case "help":
      session.print(session.json ? JSON.stringify(commandLines(), undefined, 2) : commandHelp());
      return exitCodes.done;
    case "watch":
      await watch(args, session);
      return exitCodes.done;
    case "local":
      return printReport(await command.run(), session);
    case "report":
      return printReport(await command.run({ ...session, args }), session);
  }
}

/**
 * What holds for a command of the shell: the flags of its line, and of those that the shell was
 * started with whatever it has a use for.
 */
export function flagsFor(command: Command, started: LineFlags, own: LineFlags): LineFlags {
  const { changes, waits } = usesOf(command);
  return {
    json: own.json || started.json,
    yes: own.yes || started.yes,
    dryRun: own.dryRun || changes && started.dryRun,
    timeout: own.timeout ?? (waits ? started.timeout : undefined),
  };
}

/** Of which flags a command has a use. */
function usesOf(command: Command): { readonly changes: boolean; readonly waits: boolean } {
  const { changes = false, waits = false } = command.kind === "report" ? command : {};
  return { changes, waits };
}

/** Throws CommandFailure where a flag was given that the command has no use for. */
function checkFlags(
  command: Command,
  { dryRun, timeout }: Pick<CommandSession, "dryRun" | "timeout">,
): void {
  const { changes, waits } = usesOf(command);
  if (dryRun && !changes) throw misplaced("--dry-run is for commands that change something");
  if (timeout !== undefined && !waits) throw misplaced("--timeout is for wait");
}

function misplaced(message: string): CommandFailure {
  return new CommandFailure(message, exitCodes.usage);
}

/** How a session's output is to look. */
function viewOf({ style, now, width }: CommandSession): View {
  return { style, now: now(), width };
}

function printReport(report: Report, session: CommandSession): ExitCode {
  const text = session.json
    ? JSON.stringify(report.json(), undefined, 2)
    : wrapText(report.text(viewOf(session)), session.width);
  if (text !== "") session.print(text);
  return report.exitCode;
}

/** What came of a command at one server. */
type Answer =
  | { readonly kind: "report"; readonly session: CommandSession; readonly report: Report }
  | { readonly kind: "failure"; readonly session: CommandSession; readonly error: unknown };

/**
 * Runs a command at every server. What they say is printed as one, with a column that says which
 * server it is; `complain` gets a sentence for each that could not be asked or refused. Resolves to
 * the worst of the exit codes.
 */
export async function executeOnAll(
  parsed: Parsed,
  sessions: readonly CommandSession[],
  complain: (sentence: string) => void,
): Promise<ExitCode> {
  const [first, ...others] = sessions;
  if (!first) throw new TypeError("no server to ask");
  const { command, args } = parsed;
  const isOfAll = command.kind === "report" || command.kind === "watch";
  if (others.length === 0 || !isOfAll) return await execute(parsed, first);
  checkFlags(command, first);
  if (command.kind === "watch") return await watchAll(parsed, sessions, complain);
  const ask = (session: CommandSession): Promise<Answer> =>
    command.run({ ...session, agree: agreeAt(session), args }).then(
      (report) => ({ kind: "report", session, report }),
      (error: unknown) => ({ kind: "failure", session, error }),
    );
  const answers = command.changes
    ? await oneAfterTheOther(sessions, ask)
    : await Promise.all(sessions.map(ask));
  print(answers, first);
  for (const answer of answers) {
    if (answer.kind === "failure") complain(sentenceOf(answer.session, answer.error));
  }
  return worst(
    answers.map((answer) =>
      answer.kind === "report" ? answer.report.exitCode : exitCodeOf(answer.error)
    ),
  );
}

/** Questions name their server, and so does each line of what leads to them. */
function agreeAt(session: CommandSession): CommandSession["agree"] {
  const label = labelOf(session);
  return ({ details, question }) =>
    session.agree({
      details: (layout) => prefixed([[label, details(layout)]], layout),
      question: `${label}: ${question}`,
    });
}

function labelOf({ label, server }: CommandSession): string {
  return label ?? server;
}

/**
 * Who answers a question with no, or interrupts, means what would come after it as well: that is
 * told of each server, so that nobody has to guess which were asked.
 */
async function oneAfterTheOther(
  sessions: readonly CommandSession[],
  ask: (session: CommandSession) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let isOver = false;
  for (const session of sessions) {
    if (isOver) {
      answers.push({ kind: "failure", session, error: declined() });
      continue;
    }
    const answer = await ask(session);
    answers.push(answer);
    isOver = session.signal.aborted ||
      (answer.kind === "failure" && answer.error instanceof DeclinedFailure);
  }
  return answers;
}

/** From the best to the worst: a server that was not asked may be in any state. */
const severity: readonly ExitCode[] = [
  exitCodes.done,
  exitCodes.differs,
  exitCodes.notFound,
  exitCodes.failed,
  exitCodes.usage,
  exitCodes.unreachable,
];

function worst(codes: readonly ExitCode[]): ExitCode {
  return severity[Math.max(0, ...codes.map((code) => severity.indexOf(code)))] ?? exitCodes.failed;
}

/** Where it went wrong, unless the sentence says so itself. */
function sentenceOf(session: CommandSession, error: unknown): string {
  const sentence = describeError(error, session.server);
  return sentence.includes(session.server) ? sentence : `${labelOf(session)}: ${sentence}`;
}

function print(answers: readonly Answer[], session: CommandSession): void {
  if (session.json) {
    return session.print(JSON.stringify(answers.flatMap(jsonRows), undefined, 2));
  }
  const view = viewOf(session);
  const reports = answers.filter((answer) => answer.kind === "report");
  const text = wrapText(
    listed(reports, view) ?? prefixed(
      reports.map(({ session, report }) => [labelOf(session), report.text(view)]),
      view,
    ),
    view.width,
  );
  if (text !== "") session.print(text);
}

type Answered = Extract<Answer, { kind: "report" }>;

/** One table of all; undefined if what was found is more than rows, or none. */
function listed(answers: readonly Answered[], view: View): string | undefined {
  const listings: [label: string, listing: Listing][] = [];
  for (const { session, report } of answers) {
    const listing = report.listing?.(view);
    if (!listing) return undefined;
    listings.push([labelOf(session), listing]);
  }
  const rows = listings.flatMap(([label, { rows, times }]) =>
    rows.map((row, i) => ({ cells: [labelCell(label), ...row], at: times?.[i] ?? 0n }))
  );
  if (rows.length === 0) return undefined;
  rows.sort((a, b) => a.at < b.at ? -1 : a.at > b.at ? 1 : 0);
  const columns = listings.find(([, { rows }]) => rows.length > 0)?.[1].columns ?? [];
  return formatTable(view, [...left("server"), ...columns], rows.map(({ cells }) => cells));
}

function labelCell(label: string): Cell {
  return { text: label, meaning: "dim" };
}

/** Each line behind the name of its server. */
function prefixed(
  texts: readonly (readonly [string, string])[],
  { style }: Pick<View, "style">,
): string {
  const rows = texts.filter(([, text]) => text !== "").flatMap(([label, text]) =>
    text.split("\n").map((line) => [labelCell(label), line])
  );
  return formatTable({ style }, [], rows);
}

/** Each row with its server; a server that failed is a row as well, so that no script misses it. */
function jsonRows(answer: Answer): JsonValue[] {
  const server = labelOf(answer.session);
  if (answer.kind === "failure") {
    return [{ server, error: describeError(answer.error, answer.session.server) }];
  }
  const found = answer.report.json();
  return (Array.isArray(found) ? found : [found]).map((row) =>
    isObject(row) ? { server, ...row } : { server, value: row }
  );
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Events of all servers as they come, up to the limit together. */
async function watchAll(
  { args }: Parsed,
  sessions: readonly CommandSession[],
  complain: (sentence: string) => void,
): Promise<ExitCode> {
  const enough = new AbortController();
  const gap = "  ";
  const labelWidth = Math.max(...sessions.map((session) => labelOf(session).length));
  let left = Number(args.values.get("num") ?? Infinity);
  const codes = sessions.map(async (session) => {
    const label = session.style.paint("dim", labelOf(session).padEnd(labelWidth));
    const print = (text: string) => {
      if (left <= 0) return;
      // JSON says itself which server it is of.
      session.print(text.startsWith("{") ? text : `${label}${gap}${text}`);
      if (--left <= 0) enough.abort();
    };
    const note = (text: string) => session.note(`${label}${gap}${text}`);
    const signal = AbortSignal.any([session.signal, enough.signal]);
    try {
      const width = session.width && session.width - labelWidth - gap.length;
      await watch(args, { ...session, width, signal, note, print });
      return exitCodes.done;
    } catch (error) {
      complain(sentenceOf(session, error));
      return exitCodeOf(error);
    }
  });
  return worst(await Promise.all(codes));
}
