import { createMaglevClient } from "./client.ts";
import { describeError } from "./errors.ts";
import { execute, parseCommand } from "./execute.ts";
import type { Flags } from "./flags.ts";
import { colourStyle, plainStyle } from "./style.ts";

/** Where a one-shot command prints. */
export interface Output {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

/** Runs one command. Resolves to the exit code: 0, or 1 with a sentence on stderr. */
export async function runOnce(flags: Flags, output: Output, signal: AbortSignal): Promise<number> {
  const style = flags.color === true ? colourStyle : plainStyle;
  try {
    await execute(parseCommand(flags.words), {
      client: createMaglevClient(flags.server),
      style,
      json: flags.json,
      signal,
      memory: new Map(),
      now: Date.now,
      print: output.out,
    });
    return 0;
  } catch (error) {
    output.err(style.paint("error", `error: ${describeError(error, flags.server)}`));
    return 1;
  }
}
