import { CommandFailure, exitCodes } from "./errors.ts";
import { parseSpan } from "./span.ts";

/** maglevc's own flags; everything else is the command. */
export interface Flags {
  readonly server: string;
  /** Undefined: on in the shell, off in one-shot mode. */
  readonly color: boolean | undefined;
  readonly json: boolean;
  /** Agrees beforehand to what the shell would ask. */
  readonly yes: boolean;
  /** Only tells what a change would come to. */
  readonly dryRun: boolean;
  /** Waits no longer than this. */
  readonly timeout: string | undefined;
  /** A script goes on after a command that failed. */
  readonly keepGoing: boolean;
  readonly help: boolean;
  readonly version: boolean;
  readonly words: readonly string[];
}

const defaultServer = "localhost:9090";

/**
 * Splits arguments into flags and words. Flags may stand anywhere before `--`.
 * Throws CommandFailure on an unknown flag or a missing value.
 */
export function parseFlags(
  args: readonly string[],
  environment: { get(name: string): string | undefined },
): Flags {
  const flags = {
    server: environment.get("MAGLEV_SERVER") || defaultServer,
    color: undefined as boolean | undefined,
    json: false,
    yes: false,
    dryRun: false,
    timeout: undefined as string | undefined,
    keepGoing: false,
    help: false,
    version: false,
    words: [] as string[],
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [typed = "", value] = splitFlag(arg);
    // One dash is as good as two, as it is for maglevd.
    const name = /^-[a-z]{2,}/.test(typed) ? `-${typed}` : typed;
    if (arg === "--") flags.words.push(...rest.splice(0));
    else if (!arg.startsWith("-") || /^-\d*$/.test(arg)) flags.words.push(arg);
    else if (name === "--server") flags.server = value ?? takeValue(name, rest);
    else if (name === "--color") flags.color = parseBool(name, value);
    else if (name === "--json") flags.json = parseBool(name, value);
    else if (name === "--yes") flags.yes = parseBool(name, value);
    else if (name === "--dry-run") flags.dryRun = parseBool(name, value);
    else if (name === "--timeout") flags.timeout = spanOf(value ?? takeValue(name, rest));
    else if (name === "--keep-going") flags.keepGoing = parseBool(name, value);
    else if (name === "--help" || name === "-h") flags.help = true;
    else if (name === "--version") flags.version = true;
    else throw usageFailure(`unknown flag ${name}; see maglevc --help`);
  }
  return flags;
}

function splitFlag(arg: string): [name: string, value?: string] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}

function takeValue(name: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) throw usageFailure(`${name} wants a value`);
  return value;
}

/** Go's spellings, so that scripts written for the predecessor keep working. */
function parseBool(name: string, value: string | undefined): boolean {
  if (value === undefined || /^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw usageFailure(`${name} wants true or false, not "${value}"`);
}

function usageFailure(message: string): CommandFailure {
  return new CommandFailure(message, exitCodes.usage);
}

function spanOf(text: string): string {
  if (parseSpan(text) !== undefined) return text;
  throw usageFailure(`--timeout wants a time such as 30s or 5m, not "${text}"`);
}

/** Flags that hold for one line of the shell or of a script. */
export interface LineFlags {
  readonly json: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly timeout: string | undefined;
}

/**
 * Takes flags out of the words of a line, wherever they stand. Throws CommandFailure where one lacks
 * its value.
 */
export function splitLineFlags<W extends { readonly text: string }>(
  line: readonly W[],
): { readonly words: readonly W[]; readonly flags: LineFlags } {
  const has = (flag: string) => line.some(({ text }) => text === flag);
  const at = line.findIndex(({ text }) => text === "--timeout");
  const timeout = at < 0 ? undefined : spanOf(line[at + 1]?.text ?? "");
  const words = line.filter(({ text }, i) =>
    !lineFlags.includes(text) && (at < 0 || (i !== at && i !== at + 1))
  );
  const [json, yes, dryRun] = [has("--json"), has("--yes"), has("--dry-run")];
  return { words, flags: { json, yes, dryRun, timeout } };
}

const lineFlags: readonly string[] = ["--json", "--yes", "--dry-run"];
