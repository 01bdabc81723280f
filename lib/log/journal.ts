import { fstatSync } from "node:fs";
import type { LogLevel } from "./types.ts";

/** sd-daemon(3): what stands before a line that systemd's journal files under a priority. */
const priorities: Readonly<Record<LogLevel, string>> = {
  debug: "<7>",
  info: "<6>",
  warn: "<4>",
  error: "<3>",
};

/** What the journal reads a line's priority from, and takes off again: `<3>` before an error. */
export function journalPrefix(level: LogLevel): string {
  return priorities[level];
}

/**
 * Whether what is written to the descriptor goes to systemd's journal: JOURNAL_STREAM names the
 * socket by device and inode (systemd.exec(5)). That the variable is set does not say so by itself:
 * it is inherited by what has its output elsewhere.
 */
export function goesToJournal(
  descriptor: number,
  environment: { get(name: string): string | undefined },
): boolean {
  const stream = environment.get("JOURNAL_STREAM");
  try {
    const { dev, ino } = fstatSync(descriptor);
    return stream === `${dev}:${ino}`;
  } catch {
    // Closed: nobody reads it.
    return false;
  }
}

/**
 * Writes to standard error what keeps a program from going on: each line is an error where that is
 * the journal.
 */
export function complain(text: string): void {
  const prefix = goesToJournal(2, Deno.env) ? journalPrefix("error") : "";
  console.error(text.replaceAll(/^/gm, prefix));
}
