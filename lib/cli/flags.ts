import { CommandFailure, exitCodes } from "./errors.ts";

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
    keepGoing: false,
    help: false,
    version: false,
    words: [] as string[],
  };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [name = "", value] = splitFlag(arg);
    if (arg === "--") flags.words.push(...rest.splice(0));
    else if (!arg.startsWith("-") || arg === "-") flags.words.push(arg);
    else if (name === "--server") flags.server = value ?? takeValue(name, rest);
    else if (name === "--color") flags.color = parseBool(name, value);
    else if (name === "--json") flags.json = parseBool(name, value);
    else if (name === "--yes") flags.yes = parseBool(name, value);
    else if (name === "--dry-run") flags.dryRun = parseBool(name, value);
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

/** Flags that hold for one line of the shell or of a script. */
export interface LineFlags {
  readonly json: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** Takes flags out of the words of a line, wherever they stand. */
export function splitLineFlags<W extends { readonly text: string }>(
  words: readonly W[],
): { readonly words: readonly W[]; readonly flags: LineFlags } {
  const has = (flag: string) => words.some(({ text }) => text === flag);
  return {
    words: words.filter(({ text }) => !lineFlags.includes(text)),
    flags: { json: has("--json"), yes: has("--yes"), dryRun: has("--dry-run") },
  };
}

const lineFlags: readonly string[] = ["--json", "--yes", "--dry-run"];
