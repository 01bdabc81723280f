import type { TlsWords } from "./credentials.ts";
import { CommandFailure, exitCodes } from "./errors.ts";
import { parseSpan } from "./format.ts";

/** Flags that hold for one line of the shell or of a script, too. */
export interface LineFlags {
  readonly json: boolean;
  /** Agrees beforehand to what the shell would ask. */
  readonly yes: boolean;
  /** Only tells what a change would come to. */
  readonly dryRun: boolean;
  /** `wait` waits no longer than this. */
  readonly timeout: string | undefined;
}

/** maglevc's own flags; everything else is the command. */
export interface Flags extends LineFlags {
  /** As given: one server, or several with commas between; empty when none is. */
  readonly server: string;
  /** Where a token is that tells maglevd who asks; empty when there is none. */
  readonly tokenFile: string;
  /** How connections are secured. */
  readonly security: TlsWords;
  /** Undefined: on in the shell, off in one-shot mode. */
  readonly color: boolean | undefined;
  /** A script goes on after a command that failed. */
  readonly keepGoing: boolean;
  readonly help: boolean;
  readonly version: boolean;
  readonly words: readonly string[];
}

/**
 * Splits arguments into flags and words. Flags may stand anywhere before `--`.
 * Throws CommandFailure on an unknown flag or a missing value.
 */
export function parseFlags(
  args: readonly string[],
  environment: { get(name: string): string | undefined },
): Flags {
  const { given, words } = splitFlags(args.map((text) => ({ text })));
  return {
    server: given.server ?? environment.get("MAGLEV_SERVER") ?? "",
    tokenFile: given.tokenFile ?? environment.get("MAGLEV_TOKEN_FILE") ?? "",
    security: {
      tls: given.tls ?? boolOf("MAGLEV_TLS", environment),
      ca: given.ca ?? environment.get("MAGLEV_CA"),
      cert: given.cert ?? environment.get("MAGLEV_CERT"),
      key: given.key ?? environment.get("MAGLEV_KEY"),
    },
    color: given.color,
    keepGoing: given.keepGoing ?? false,
    help: given.help ?? false,
    version: given.version ?? false,
    ...lineFlagsOf(given),
    words: words.map(({ text }) => text),
  };
}

/**
 * Takes flags out of the words of a line of the shell or of a script, wherever they stand before
 * `--`. Throws CommandFailure as {@link parseFlags} does, and on a flag that is not for a line.
 */
export function splitLineFlags<W extends { readonly text: string }>(
  line: readonly W[],
): { readonly words: readonly W[]; readonly flags: LineFlags } {
  const { given, words } = splitFlags(line);
  const { json: _j, yes: _y, dryRun: _d, timeout: _t, ...others } = given;
  const [other] = Object.keys(others);
  if (other === undefined) return { words, flags: lineFlagsOf(given) };
  throw usageFailure(`${nameOf(other)} is for the start of maglevc, not for a line`);
}

function lineFlagsOf({ json, yes, dryRun, timeout }: Given): LineFlags {
  return { json: json ?? false, yes: yes ?? false, dryRun: dryRun ?? false, timeout };
}

/** Every flag, what it takes, and its help where it is completed. */
const table = {
  server: ["text", "maglevds, with commas between"],
  tokenFile: ["text", "File with a token that tells maglevd who asks"],
  tls: ["switch"],
  ca: ["text"],
  cert: ["text"],
  key: ["text"],
  color: ["switch", "Colours"],
  json: ["switch", "Print JSON"],
  yes: ["switch", "Agree beforehand"],
  dryRun: ["switch", "Only tell what a change would come to"],
  timeout: ["span", "Wait no longer than that, such as 30s"],
  keepGoing: ["switch", "Go on after a command of a script that failed"],
  help: ["switch", "Print help"],
  version: ["switch", "Print the version"],
} as const satisfies Readonly<Record<string, readonly [kind: string, help?: string]>>;

type Table = typeof table;

/** Flags that were given. */
type Given = { [F in keyof Table]?: Table[F][0] extends "switch" ? boolean : string };

/** Names of flags as they are typed, with what the table has of each. */
const rows = new Map(
  Object.entries<readonly [kind: string, help?: string]>(table).map((
    [key, [kind, help]],
  ) => [nameOf(key), { key, kind, help }]),
);

/** Flags that may be completed, with their help. */
export const flagHelp: readonly (readonly [flag: string, help: string])[] = [...rows]
  .flatMap(([name, { help }]): [string, string][] => help === undefined ? [] : [[name, help]]);

/** Those of them that hold for a line. */
export const lineFlagHelp = flagHelp.filter(([flag]) =>
  ["--json", "--yes", "--dry-run", "--timeout"].includes(flag)
);

/** `dryRun` is `--dry-run`. */
function nameOf(key: string): string {
  return `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function splitFlags<W extends { readonly text: string }>(
  line: readonly W[],
): { readonly given: Given; readonly words: readonly W[] } {
  const given: Given = {};
  const words: W[] = [];
  const rest = [...line];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const { text } = word;
    // It stays, unless it is alone: behind it, words are names first (walk.ts).
    if (text === "--") {
      words.push(...words.length + rest.length > 0 ? [word] : [], ...rest.splice(0));
    } else if (!text.startsWith("-") || /^-\d*$/.test(text)) words.push(word);
    else Object.assign(given, readFlag(text, rest));
  }
  return { given, words };
}

/** One flag, with the next word where that is its value. */
function readFlag(
  text: string,
  rest: { readonly text: string }[],
): Record<string, string | boolean> {
  const [typed = "", value] = splitFlag(text);
  // One dash is as good as two, as it is for maglevd.
  const name = /^-[a-z]{2,}/.test(typed) ? `-${typed}` : typed;
  const row = rows.get(name === "-h" ? "--help" : name);
  if (!row) throw usageFailure(`unknown flag ${typed}; see maglevc --help`);
  const { key, kind } = row;
  if (kind === "switch") return { [key]: parseBool(name, value) };
  const said = value ?? takeValue(name, rest);
  return { [key]: kind === "span" ? spanOf(said) : said };
}

/** A variable that is a switch; empty is not said. */
function boolOf(
  name: string,
  environment: { get(name: string): string | undefined },
): boolean | undefined {
  const value = environment.get(name) ?? "";
  return value === "" ? undefined : parseBool(name, value);
}

function splitFlag(arg: string): [name: string, value?: string] {
  const at = arg.indexOf("=");
  return at < 0 ? [arg] : [arg.slice(0, at), arg.slice(at + 1)];
}

function takeValue(name: string, rest: { readonly text: string }[]): string {
  const value = rest.shift();
  if (value === undefined) throw usageFailure(`${name} wants a value`);
  return value.text;
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
