import { unagreed } from "./ask.ts";
import { createMaglevClient } from "./client.ts";
import { describeError, type ExitCode, exitCodeOf, exitCodes } from "./errors.ts";
import { execute, parseCommand, type Session } from "./execute.ts";
import { type Flags, splitLineFlags } from "./flags.ts";
import type { Caution } from "./node.ts";
import type { Style } from "./style.ts";
import { chooseStyle, onAnyKey } from "./terminal.ts";

/** Where a one-shot command prints. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Asks somebody, and throws CommandFailure unless the answer is a yes; absent: nobody is there. */
  readonly ask?: (caution: Caution, style: Style, signal: AbortSignal) => Promise<void>;
}

/**
 * Runs one command. Resolves to the exit code, with a sentence on stderr where something is wrong;
 * without a word when nobody reads the output any more: `maglevc watch events | head` is what was
 * asked for. `place` says where a script has the command.
 */
export async function runOnce(
  flags: Flags,
  output: Output,
  signal: AbortSignal,
  place = "",
): Promise<ExitCode> {
  const style = chooseStyle(flags.color, false);
  const fail = (error: unknown) =>
    output.err(style.paint("error", `error: ${place}${describeError(error, flags.server)}`));
  try {
    return await runWords(oneShotSession(flags, output, signal), flags.words);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return exitCodes.failed;
    fail(error);
    return exitCodeOf(error);
  }
}

/**
 * Runs each line of `lines` in turn, for scripts on stdin, until one fails; with `--keep-going` all
 * of them. Resolves to the exit code of the first that failed.
 */
export async function runLines(
  flags: Flags,
  lines: AsyncIterable<readonly string[]>,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  let line = 0;
  for await (const typed of lines) {
    line++;
    const [first] = typed;
    if (first === "quit" || first === "exit" || signal.aborted) break;
    if (first === undefined) continue;
    const result = await runLine(flags, typed, output, signal, `line ${line}: `);
    if (code === exitCodes.done) code = result;
    if (code !== exitCodes.done && !flags.keepGoing) break;
  }
  return code;
}

/** A line of a script may have flags of its own. */
async function runLine(
  flags: Flags,
  typed: readonly string[],
  output: Output,
  signal: AbortSignal,
  place: string,
): Promise<ExitCode> {
  try {
    const { words, flags: own } = splitLineFlags(typed.map((text) => ({ text })));
    const all = {
      ...flags,
      json: flags.json || own.json,
      yes: flags.yes || own.yes,
      dryRun: flags.dryRun || own.dryRun,
      timeout: own.timeout ?? flags.timeout,
      words: words.map(({ text }) => text),
    };
    return await runOnce(all, output, signal, place);
  } catch (error) {
    output.err(`error: ${place}${describeError(error, flags.server)}`);
    return exitCodeOf(error);
  }
}

async function runWords(session: Session, words: readonly string[]): Promise<ExitCode> {
  const parsed = parseCommand(words);
  if (parsed.command.kind !== "watch") return await execute(parsed, session);
  const stop = new AbortController();
  const restore = onAnyKey(() => stop.abort());
  try {
    const signal = AbortSignal.any([session.signal, stop.signal]);
    return await execute(parsed, { ...session, signal });
  } finally {
    restore();
  }
}

function oneShotSession(flags: Flags, output: Output, signal: AbortSignal): Session {
  const style = chooseStyle(flags.color, false);
  return {
    client: createMaglevClient(flags.server),
    server: flags.server,
    style,
    json: flags.json,
    dryRun: flags.dryRun,
    timeout: flags.timeout,
    signal,
    memory: new Map(),
    now: Date.now,
    print: output.out,
    note: (text) => output.err(text),
    agree: async (caution: Caution) => {
      if (flags.yes) return false;
      if (!output.ask) throw unagreed(caution, style);
      await output.ask(caution, style, signal);
      return true;
    },
  };
}
