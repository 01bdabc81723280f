import { formatVersion } from "../version/mod.ts";
import { CommandFailure, exitCodes } from "./errors.ts";
import { type Flags, parseFlags } from "./flags.ts";
import { usualServer } from "./servers.ts";

/**
 * maglevc: runs one command, or a shell when there is none. Resolves to the exit code.
 * Everything beyond the flags is loaded only when it is needed: importing is most of the time
 * that a short command takes.
 */
export async function runMaglevc(args: readonly string[]): Promise<number> {
  if (args[0] === "__complete") {
    const { completeWords } = await import("./shell/completion.ts");
    for (const line of await completeWords(args.slice(1))) console.log(line);
    return 0;
  }
  const given = readFlags(args);
  if (typeof given === "string") {
    console.error(`error: ${given}`);
    return exitCodes.usage;
  }
  if (given.version) {
    console.log(formatVersion("maglevc"));
    return 0;
  }
  if (given.help) {
    const { usage } = await import("./help.ts");
    console.log(usage());
    return 0;
  }
  const flags = given.server === "" ? { ...given, server: await usualServer() } : given;
  return await untilInterrupted(async (signal) => {
    try {
      return await run(flags, signal);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      console.error(`error: ${error.message}`);
      return error.exitCode;
    }
  });
}

/** One command, a script on standard input, or a shell. Throws CommandFailure if it cannot begin. */
async function run(flags: Flags, signal: AbortSignal): Promise<number> {
  if (flags.words.length === 0 && Deno.stdin.isTerminal()) {
    const { runShell } = await import("./shell/shell.ts");
    return await runShell(flags, signal);
  }
  const { printLine, runLines, runOnce, stdinLines } = await import("./oneshot.ts");
  const { agreeOnTerminal, isAskable } = await import("./terminal.ts");
  const output = {
    ...{ out: printLine, err: console.error },
    ...(isAskable() && { ask: agreeOnTerminal }),
  };
  if (flags.words.length > 0) return await runOnce(flags, output, signal);
  return await runLines(flags, stdinLines(), output, signal);
}

/** The flags, or what is wrong with them. */
function readFlags(args: readonly string[]): Flags | string {
  try {
    return parseFlags(args, Deno.env);
  } catch (error) {
    if (error instanceof CommandFailure) return error.message;
    throw error;
  }
}

/** Gives `run` a signal that Ctrl-C and SIGTERM abort. */
async function untilInterrupted(run: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const stop = new AbortController();
  const abort = () => stop.abort();
  Deno.addSignalListener("SIGINT", abort);
  Deno.addSignalListener("SIGTERM", abort);
  try {
    return await run(stop.signal);
  } finally {
    Deno.removeSignalListener("SIGINT", abort);
    Deno.removeSignalListener("SIGTERM", abort);
  }
}
