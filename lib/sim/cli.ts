import { runLbAs } from "./lb_as_command.ts";
import { showLb, showLbVips, showLbVipsVerbose } from "./lb_text.ts";
import type { Vpp } from "./vpp.ts";

/** What a command printed, and whether VPP knew it. */
export interface CliResult {
  readonly retval: 0 | -1;
  readonly output: string;
}

type Command = (vpp: Vpp, rest: readonly string[]) => string | CliResult;

const commands: Readonly<Record<string, Command>> = {
  "lb as": (vpp, rest) => {
    const complaint = runLbAs(vpp, rest);
    return complaint === undefined ? "" : { retval: -1, output: `lb as: ${complaint}\n` };
  },
  "show lb": (vpp) => showLb(vpp.lb, vpp.uptime()),
  "show lb vips": (vpp, [first]) =>
    first === "verbose" ? showLbVipsVerbose(vpp.lb, vpp.segment) : showLbVips(vpp.lb),
  "show version": ({ identity: { version, builder, buildDate } }) =>
    `vpp v${version} built by ${builder} at ${buildDate}\n`,
};

/**
 * `cli_inband`: the longest known command that the line begins with gets the remaining words.
 * A NUL, which some clients append, belongs to the last word and makes it an unknown one.
 */
export function runCli(vpp: Vpp, line: string): CliResult {
  const words = line.split(/[ \t\r\n]+/).filter((word) => word !== "");
  for (let length = line.includes("\0") ? 0 : words.length; length > 0; length--) {
    const command = commands[words.slice(0, length).join(" ")];
    const result = command?.(vpp, words.slice(length));
    if (result !== undefined) {
      return typeof result === "string" ? { retval: 0, output: result } : result;
    }
  }
  return { retval: -1, output: unknown(words) };
}

/** VPP names the part of the line that it understood. */
function unknown(words: readonly string[]): string {
  if (words[0] !== "show") return `unknown input \`${words.join(" ")}'\n`;
  return `show: unknown input \`${words.slice(1).join(" ")}'\n`;
}
