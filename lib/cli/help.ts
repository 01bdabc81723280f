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
  return [
    "usage: maglevc [--server list] [--token-file f] [--json] [command...]",
    "",
    "Shows and steers maglevd. Without a command it opens a shell.",
    "",
    "  --server list    maglevds to talk to, with commas between: host:port,",
    "                   unix:PATH or a name of ~/.config/maglev/servers.yaml; else",
    "                   what MAGLEV_SERVER says, or the one on this machine",
    "  --token-file f   a file with a token that tells maglevd who asks; else what",
    "                   MAGLEV_TOKEN_FILE or servers.yaml says",
    "  --tls            speak TLS, which naming any of these files does as well; else",
    "                   what MAGLEV_TLS, MAGLEV_CA, … or servers.yaml says",
    "  --ca f           authorities that vouch for maglevd, besides the system's",
    "  --cert f, --key f  a certificate that tells maglevd who asks, and its key",
    "  --color[=bool]   colours; on in the shell, off otherwise (NO_COLOR is heeded)",
    ...lineFlagHelp,
    "  --keep-going     go on after a command of a script that failed",
    "  --version        print the version and exit",
    "",
    ...commandHelpLines(),
    "",
    "exit status: 0 done, 1 refused or failed, 2 no such command or flag, 3 nothing",
    "of that name, 4 maglevd cannot be reached, 5 differs, or not so in time",
  ].join("\n");
}

/** What `help` prints. */
export function commandHelp(): string {
  return [...commandHelpLines(), "", "Flags, anywhere in a line:", ...lineFlagHelp].join("\n");
}

const lineFlagHelp = [
  "  --json           print JSON instead of text",
  "  --yes            agree beforehand to what would be asked on a terminal",
  "  --dry-run        change nothing, only tell what a change would come to",
  "  --timeout span   of wait: give up after that, such as 30s, instead of 60s",
] as const;

/** Columns of the help. */
const width = 80;

/** Columns for a command that has its help beside it. */
const usageWidth = 32;

function commandHelpLines(): string[] {
  return [
    "Words may be shortened while they stay unique: `sh ba` is `show backends`.",
    "",
    ...commandLines().flatMap(({ usage, help }) => {
      const isShort = usage.length <= usageWidth && usageWidth + 4 + help.length <= width;
      if (isShort) return [`  ${usage.padEnd(usageWidth)}  ${help}`];
      const lines = wrapped(usage);
      return [...lines.map((line, i) => `${i === 0 ? "  " : "      "}${line}`), `        ${help}`];
    }),
  ];
}

/** Lines that fit, broken at blanks between words and options. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/\[[^\]]*(?:\[[^\]]*\][^\]]*)?\]|\S+/g) ?? []) {
    if (line !== "" && line.length + 1 + word.length > width - 6) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
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
