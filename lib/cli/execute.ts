import { CommandFailure, type ExitCode, exitCodes, SyntaxFailure } from "./errors.ts";
import type { Args, Command, CommandContext, Report, View } from "./node.ts";
import type { Style } from "./style.ts";
import { commandHelp, commandLines } from "./help.ts";
import { commandTree } from "./tree.ts";
import { describeChoices, walk } from "./walk.ts";
import { watch } from "./watch.ts";
import { wrapText } from "./wrap.ts";

/** Where a command runs. */
export interface CommandSession extends Omit<CommandContext, "args"> {
  readonly style: Style;
  /** Columns of the terminal that is printed on; undefined where that is none. */
  readonly width?: number | undefined;
  readonly json: boolean;
  /** What the server is called, where several are asked at once. */
  readonly label?: string;
  /** Prints one or more lines; the newline at the end is added. */
  readonly print: (text: string) => void;
  /** The same for what is not part of the output. */
  readonly note: (text: string) => void;
}

/** A command and what it was given. */
export interface Parsed {
  readonly command: Command;
  readonly args: Args;
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

/** Throws CommandFailure where a flag was given that the command has no use for. */
export function checkFlags(
  command: Command,
  { dryRun, timeout }: Pick<CommandSession, "dryRun" | "timeout">,
): void {
  const { changes, waits } = command.kind === "report" ? command : { changes: false, waits: false };
  if (dryRun && !changes) throw misplaced("--dry-run is for commands that change something");
  if (timeout !== undefined && !waits) throw misplaced("--timeout is for wait");
}

function misplaced(message: string): CommandFailure {
  return new CommandFailure(message, exitCodes.usage);
}

/** How a session's output is to look. */
export function viewOf({ style, now, width }: CommandSession): View {
  return { style, now: now(), width };
}

function printReport(report: Report, session: CommandSession): ExitCode {
  const text = session.json
    ? JSON.stringify(report.json(), undefined, 2)
    : wrapText(report.text(viewOf(session)), session.width);
  if (text !== "") session.print(text);
  return report.exitCode;
}
