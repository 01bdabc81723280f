import { createMaglevClient } from "./client.ts";
import { CommandFailure, describeError } from "./errors.ts";
import { execute, parseCommand, type Session } from "./execute.ts";
import type { Flags } from "./flags.ts";
import type { Caution } from "./node.ts";
import { chooseStyle, onAnyKey } from "./terminal.ts";

/** Where a one-shot command prints. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/**
 * Runs one command. Resolves to the exit code: 0, or 1 with a sentence on stderr. Without a word
 * when nobody reads the output any more: `maglevc watch events | head` is what was asked for.
 */
export async function runOnce(flags: Flags, output: Output, signal: AbortSignal): Promise<number> {
  const style = chooseStyle(flags.color, false);
  const fail = (error: unknown) =>
    output.err(style.paint("error", `error: ${describeError(error, flags.server)}`));
  try {
    await runWords(oneShotSession(flags, output, signal), flags.words);
    return 0;
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) fail(error);
    return 1;
  }
}

/** Runs each line of `lines` in turn, for scripts on stdin. 1 when any of them failed. */
export async function runLines(
  flags: Flags,
  lines: AsyncIterable<readonly string[]>,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  let code = 0;
  for await (const words of lines) {
    if (words[0] === "quit" || words[0] === "exit" || signal.aborted) break;
    if (words.length > 0) code = Math.max(code, await runOnce({ ...flags, words }, output, signal));
  }
  return code;
}

async function runWords(session: Session, words: readonly string[]): Promise<void> {
  const parsed = parseCommand(words);
  if (parsed.command.kind !== "watch") return await execute(parsed, session);
  const stop = new AbortController();
  const restore = onAnyKey(() => stop.abort());
  try {
    const signal = AbortSignal.any([session.signal, stop.signal]);
    await execute(parsed, { ...session, signal });
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
    signal,
    memory: new Map(),
    now: Date.now,
    print: output.out,
    note: (text) => output.err(text),
    caution: (caution) => agreeBeforehand(caution, flags.yes, output),
  };
}

/** A script is never asked: it agreed with --yes, or is warned, or must not go on. */
function agreeBeforehand(caution: Caution, yes: boolean, output: Output): Promise<void> {
  const details = caution.details.map((line) => `  ${line}`).join("\n");
  if (caution.mustAgree && !yes) {
    const why = `${caution.question.replace(/\?$/, "")}: agree with --yes\n${details}`;
    return Promise.reject(new CommandFailure(why));
  }
  if (!yes) output.err(`warning:\n${details}`);
  return Promise.resolve();
}
