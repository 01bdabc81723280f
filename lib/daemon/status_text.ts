import { type Config, describeContents, formatProblem, type InvalidFile } from "../config/mod.ts";

/** UTF-16 units, in UTF-8 well below the 4096 bytes that systemd reads of a message. */
const longest = 1000;

/** What `systemctl status` shows of a daemon at work; `refusal` is why its last reload did nothing. */
export function runningStatus(config: Config, refusal?: string): string {
  const size = describeContents(config);
  return refusal === undefined ? size : `${size}; not reloaded: ${oneLine(refusal)}`;
}

/** What it shows of a configuration with which maglevd does not start. */
export function refusedStatus({ problems }: InvalidFile): string {
  return `configuration refused: ${oneLine(problems.map(formatProblem).join("\n"))}`;
}

/** The first line, and how many there are besides: a status has only one, of a limited length. */
export function oneLine(text: string): string {
  const [first = "", ...others] = text.split("\n");
  // deno-lint-ignore no-control-regex
  const shown = first.replaceAll(/[\x00-\x1f\x7f]/g, " ");
  const cut = shown.length > longest ? `${shown.slice(0, longest)}…` : shown;
  return others.length === 0 ? cut : `${cut} (and ${others.length} more)`;
}
