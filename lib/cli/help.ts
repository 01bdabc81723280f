import type { Node } from "./node.ts";
import { commandTree } from "./tree.ts";
import { nodeLabel } from "./walk.ts";

/** One command as typed, and what it does. */
export interface CommandLine {
  /** As typed, slots in angle brackets. */
  readonly usage: string;
  /** One line. */
  readonly help: string;
}

/** Every command of the tree in order. Options that recur are shown once, in brackets. */
export function commandLines(): CommandLine[] {
  return commandTree.flatMap((node) => linesBelow(node, []));
}

/** What `maglevc --help` prints. */
export function usage(): string {
  const lines = commandLines();
  const width = Math.max(...lines.map((line) => line.usage.length));
  return [
    "usage: maglevc [--server host:port] [--color[=bool]] [--json] [command...]",
    "",
    "Shows and steers maglevd. Without a command it opens a shell.",
    "",
    "  --server host:port  maglevd to talk to (MAGLEV_SERVER, localhost:9090)",
    "  --color[=bool]      colours; on in the shell, off otherwise (NO_COLOR is heeded)",
    "  --json              print what show finds as JSON",
    "  --yes               agree beforehand to what would be asked on a terminal",
    "  --dry-run           change nothing, only tell what set, sync and reload would come to",
    "  --timeout span      wait no longer than that, such as 30s; 60s if nothing is said",
    "  --keep-going        go on after a command of a script that failed",
    "  --version           print the version and exit",
    "",
    "Words may be shortened while they stay unique: `sh ba` is `show backends`.",
    "",
    ...lines.map((line) => `  ${line.usage.padEnd(width)}  ${line.help}`),
  ].join("\n");
}

function linesBelow(node: Node, path: readonly Node[]): CommandLine[] {
  if (path.includes(node)) return [];
  const here = [...path, node];
  const usage = here.map(nodeLabel).join(" ");
  if (node.kind === "keyword" && node.options) {
    return [{ usage: `${usage} ${node.options}`, help: node.help }];
  }
  const own = node.run ? [{ usage, help: node.help }] : [];
  return [...own, ...(node.next?.() ?? []).flatMap((next) => linesBelow(next, here))];
}
