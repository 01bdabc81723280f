import { CommandFailure, type ExitCode, exitCodes, SyntaxFailure } from "./errors.ts";
import type { Args, Command, CommandContext } from "./node.ts";
import type { Style } from "./style.ts";
import { commandTree } from "./tree.ts";
import { describeChoices, walk } from "./walk.ts";
import { watch } from "./watch.ts";

/** Where a command runs. */
export interface Session extends Omit<CommandContext, "args"> {
  readonly style: Style;
  readonly json: boolean;
  /** For error messages. */
  readonly server: string;
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
export async function execute({ command, args }: Parsed, session: Session): Promise<ExitCode> {
  if (session.dryRun && !(command.kind === "report" && command.changes)) {
    throw new CommandFailure(
      "--dry-run is for commands that change something",
      exitCodes.usage,
    );
  }
  if (session.timeout !== undefined && !(command.kind === "report" && command.waits)) {
    throw new CommandFailure("--timeout is for wait", exitCodes.usage);
  }
  switch (command.kind) {
    case "quit":
      return exitCodes.done;
    case "watch":
      await watch(args, session);
      return exitCodes.done;
    case "local":
      return printReport(command.run(), session);
    case "report":
      return printReport(await command.run({ ...session, args }), session);
  }
}

function printReport(
  report: ReturnType<Extract<Command, { kind: "local" }>["run"]>,
  session: Session,
): ExitCode {
  const text = session.json
    ? JSON.stringify(report.json(), undefined, 2)
    : report.text({ style: session.style, now: session.now() });
  if (text !== "") session.print(text);
  return report.exitCode;
}
