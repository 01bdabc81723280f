import { AnyKey, chooseStyle, terminalWidth, unagreed, unlessAborted } from "./terminal.ts";
import {
  CommandFailure,
  describeError,
  type ExitCode,
  exitCodeOf,
  exitCodes,
  messageOf,
} from "./errors.ts";
import { executeOnAll, parseCommand, wordsOf } from "./execute.ts";
import { type Flags, splitLineFlags } from "./flags.ts";
import type { CommandSession, Confirmation } from "./node.ts";
import { printable } from "./style.ts";
import type { Layout } from "./table.ts";
import { Targets } from "./targets.ts";

const encoder = new TextEncoder();

/** Where a one-shot command prints. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
  /** Asks somebody, and throws CommandFailure unless the answer is a yes; absent: nobody is there. */
  readonly ask?: (confirmation: Confirmation, layout: Layout, signal: AbortSignal) => Promise<void>;
}

/**
 * Runs one command. Resolves to the exit code, with a sentence on stderr where something is wrong;
 * silently when nobody reads the output any more: `maglevc watch events | head` is what was
 * asked for. `place` says where a script has the command.
 */
export async function runOnce(
  flags: Flags,
  output: Output,
  signal: AbortSignal,
  place = "",
): Promise<ExitCode> {
  const complain = complainer(flags, output, place);
  try {
    const parsed = parseCommand(flags.words);
    using targets = await Targets.open(flags);
    using keys = parsed.command.kind === "watch" ? new AnyKey() : undefined;
    const all = keys ? AbortSignal.any([signal, keys.signal]) : signal;
    return await executeOnAll(parsed, targets.sessions(common(flags, output, all)), complain);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return exitCodes.failed;
    complain(describeError(error, flags.server));
    return exitCodeOf(error);
  }
}

/**
 * Runs each line of `lines` in turn, for scripts on stdin, until one fails or is `quit`; with
 * `--keep-going` all of them. Resolves to the exit code of the first that failed. A `#` begins a
 * line of comment. Who feeds lines may never end, so that `signal` ends the wait for the next one as
 * well, which is a failure.
 */
export async function runLines(
  flags: Flags,
  lines: AsyncIterable<string>,
  output: Output,
  signal: AbortSignal,
): Promise<ExitCode> {
  let code: ExitCode = exitCodes.done;
  let number = 0;
  const iterator = lines[Symbol.asyncIterator]();
  while (!signal.aborted) {
    const next = await unlessAborted(iterator.next(), signal);
    if (!next) {
      output.err("error: cancelled before the end of the script");
      return code === exitCodes.done ? exitCodes.failed : code;
    }
    if (next.done) break;
    const line = next.value;
    number++;
    if (/^\s*(#|$)/.test(line)) continue;
    const place = `line ${number}: `;
    let hasComplained = false;
    const err = (text: string) => {
      hasComplained = true;
      output.err(text);
    };
    const result = await runLine(flags, line, { ...output, err }, signal, place);
    if (result === "quit") break;
    if (code === exitCodes.done) code = result;
    if (code === exitCodes.done || flags.keepGoing) continue;
    // What `show status` finds, say, is no error, but a reason to stop.
    if (!hasComplained) output.err(`${place}the script ends here, with exit status ${code}`);
    break;
  }
  return code;
}

/** A line of a script may have flags of its own. */
async function runLine(
  flags: Flags,
  line: string,
  output: Output,
  signal: AbortSignal,
  place: string,
): Promise<ExitCode | "quit"> {
  try {
    const { words: typed, flags: own } = splitLineFlags(wordsOf(line));
    const words = typed.map(({ text }) => text);
    if (parseCommand(words).command.kind === "quit") return "quit";
    const all = {
      ...flags,
      json: flags.json || own.json,
      yes: flags.yes || own.yes,
      dryRun: flags.dryRun || own.dryRun,
      timeout: own.timeout ?? flags.timeout,
      words,
    };
    return await runOnce(all, output, signal, place);
  } catch (error) {
    complainer(flags, output, place)(describeError(error, flags.server));
    return exitCodeOf(error);
  }
}

/** Says on stderr what went wrong. */
function complainer({ color }: Flags, { err }: Output, place: string): (sentence: string) => void {
  const style = chooseStyle(color, false);
  return (sentence) => err(printable(style.paint("error", `error: ${place}${sentence}`)));
}

/** What all servers' sessions have in common. */
function common(flags: Flags, output: Output, signal: AbortSignal) {
  const style = chooseStyle(flags.color, false);
  const layout = { style, width: Deno.stdout.isTerminal() ? terminalWidth() : undefined };
  return {
    ...layout,
    json: flags.json,
    dryRun: flags.dryRun,
    timeout: flags.timeout,
    signal,
    now: Date.now,
    print: (text: string) => output.out(printable(text)),
    note: (text: string) => output.err(printable(text)),
    agree: async (confirmation: Confirmation) => {
      if (flags.yes) return false;
      if (!output.ask) throw unagreed(confirmation, layout);
      await output.ask(confirmation, layout, signal);
      return true;
    },
  } satisfies Partial<CommandSession>;
}

/**
 * Prints a line on stdout. Throws what the operating system says; console.log keeps silent about
 * a reader that has gone, and `maglevc watch events | head` would never end.
 */
export function printLine(text: string): void {
  let rest = encoder.encode(`${text}\n`);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

/** The lines of stdin. Throws CommandFailure where it cannot be read. */
export async function* stdinLines(): AsyncGenerator<string> {
  let rest = "";
  try {
    for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (error) {
    throw new CommandFailure(`cannot read the commands: ${messageOf(error)}`);
  }
  yield rest;
}
