import { version } from "../version/mod.ts";
import { commandLines } from "./help.ts";

/** maglevc(1) in man(7) macros, generated from the command tree. */
export function manPage(): string {
  const commands = commandLines().flatMap(({ usage, help }) => [
    ".TP",
    `.B ${markSlots(usage)}`,
    escape(help) + ".",
  ]);
  return [
    `.TH MAGLEVC 1 "" "maglev ${version.version}" "User Commands"`,
    ".SH NAME",
    "maglevc \\- show and steer the maglevd load balancer control plane",
    ".SH SYNOPSIS",
    ".B maglevc",
    "[\\fB\\-\\-server\\fR \\fIhost:port\\fR]",
    "[\\fB\\-\\-color\\fR[=\\fIbool\\fR]]",
    "[\\fB\\-\\-json\\fR]",
    "[\\fB\\-\\-yes\\fR]",
    "[\\fIcommand\\fR...]",
    ...prose,
    ".SH COMMANDS",
    "Words in angle brackets stand for names and numbers.",
    ...commands,
    ...ending,
    "",
  ].join("\n");
}

const prose = [
  ".SH DESCRIPTION",
  ".B maglevc",
  "asks a running",
  ".BR maglevd (8)",
  "about frontends, backends, health checks and VPP, and changes what may be changed at run time.",
  "With a command it runs that and exits. Without one it opens a shell on a terminal, and reads",
  "commands line by line from anything else.",
  ".PP",
  "Every word may be shortened while it stays unique among the words possible there:",
  ".B sh ba web0",
  "is",
  '.BR "show backends web0" .',
  "A word written in full always wins.",
  ".PP",
  ".B set backend",
  "takes a pattern of",
  ".BR * ,",
  ".B ?",
  "and",
  ".B [a\\-z]",
  "too. More than one match is changed only after a question, or with",
  ".BR \\-\\-yes .",
  "Taking out the last backend that is up of a frontend is warned about.",
  ".SH OPTIONS",
  ".TP",
  '.BI \\-\\-server " host:port"',
  "The maglevd to talk to. Default: the environment's MAGLEV_SERVER, else localhost:9090.",
  ".TP",
  ".BR \\-\\-color [=\\fIbool\\fR]",
  "Colours. On in the shell and off otherwise, unless said here or by NO_COLOR.",
  ".TP",
  ".B \\-\\-json",
  "Print what a command finds as JSON. Works in the shell as well, at the end of a line.",
  ".TP",
  ".B \\-\\-yes",
  "Agree beforehand to what the shell would ask.",
  ".TP",
  '.BR \\-h , " \\-\\-help"',
  "Print a summary and exit.",
  ".TP",
  ".B \\-\\-version",
  "Print the version and exit.",
] as const;

const ending = [
  ".SH SHELL",
  ".TP",
  ".B Tab",
  "Completes a keyword or a live name. Several candidates are listed and what they share is",
  "filled in.",
  ".TP",
  ".B ?",
  "Prints what may stand at the cursor, a line each. Inside quotes it is a character.",
  ".TP",
  ".B Ctrl\\-R",
  "Searches the history backwards. Again for older lines, Ctrl\\-G to give up.",
  ".TP",
  ".B Ctrl\\-C",
  "Drops the line, or interrupts the command that runs.",
  ".TP",
  ".B any key",
  "Ends",
  '.BR "watch events" .',
  ".SH EXIT STATUS",
  "0 when the command did what it was asked, 1 when not; the reason is one line on stderr.",
  ".SH ENVIRONMENT",
  ".TP",
  ".B MAGLEV_SERVER",
  "Default of",
  ".BR \\-\\-server .",
  ".TP",
  ".B NO_COLOR",
  "No colours when set and not empty.",
  ".TP",
  ".B XDG_STATE_HOME",
  "Where the history is kept, as",
  ".IR maglevc/history .",
  "Default: ~/.local/state.",
  ".SH EXAMPLES",
  ".nf",
  "maglevc show backends",
  "maglevc show frontends www --json",
  "maglevc set backend 'web*' pause --yes",
  "maglevc watch events log level debug num 20",
  ". <(maglevc completion bash)",
  ".fi",
  ".SH SEE ALSO",
  ".BR maglevd (8)",
] as const;

/** Slots in italics, the rest as it is. */
function markSlots(usage: string): string {
  return escape(usage).replaceAll(/<(\w+)>/g, "\\fI<$1>\\fB");
}

/** roff takes hyphens for dashes, backslashes for escapes, and dots and quotes as a first character. */
function escape(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replace(/^([.'])/, "\\&$1");
}
