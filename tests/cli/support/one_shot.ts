import { parseFlags } from "../../../lib/cli/flags.ts";
import { type Output, runOnce } from "../../../lib/cli/oneshot.ts";

/** What a command prints on both, a line each, and ends with. */
export interface Told {
  readonly code: number;
  readonly said: string[];
}

/** Runs one command against a server; `ask` is somebody who answers questions. */
export async function linesAt(server: string, line: string, ask?: Output["ask"]): Promise<Told> {
  const said: string[] = [];
  const note = (text: string) => void said.push(...text.split("\n"));
  const flags = parseFlags(line.split(" "), { get: () => undefined });
  const output = { out: note, err: note, ...(ask && { ask }) };
  const code = await runOnce({ ...flags, server }, output, new AbortController().signal);
  return { code, said };
}

/** The same in one piece. */
export async function runAt(server: string, line: string): Promise<{ code: number; said: string }> {
  const { code, said } = await linesAt(server, line);
  return { code, said: said.join("\n") };
}
