/** A flag of a program: how it is set, and what it says in `--help` and the manual. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /**
   * A switch takes true or false, and means true when it stands alone. A list has values between
   * commas, and may be given several times.
   */
  readonly kind: "text" | "list" | "switch";
  /** The environment variable that stands in for it, or empty. */
  readonly environment: string;
  readonly fallback: string;
  readonly help: string;
}

/** A flag of this name. */
export type Named<N extends string> = Flag & { readonly name: N };

/** Makes flags of each kind. A switch is off unless it is given, or `fallback` says otherwise. */
export interface FlagMakers {
  text<const N extends string>(name: N, help: string, fallback?: string): Named<N>;
  list<const N extends string>(name: N, help: string, fallback?: string): Named<N>;
  onOff<const N extends string>(name: N, help: string, fallback?: "true" | "false"): Named<N>;
}

/**
 * Makes flags for which a variable of the environment stands in, whose name begins with `prefix`:
 * with MAGLEV, that of `--log-level` is MAGLEV_LOG_LEVEL. Without a prefix there is none.
 */
export function flagMakers(prefix = ""): FlagMakers {
  const environment = (name: string) =>
    prefix === "" ? "" : `${prefix}_${name.toUpperCase().replaceAll("-", "_")}`;
  const maker =
    (kind: Flag["kind"], usual: string): FlagMakers["text"] => (name, help, fallback) => ({
      ...{ name, kind, help },
      environment: environment(name),
      fallback: fallback ?? usual,
    });
  return { text: maker("text", ""), list: maker("list", ""), onOff: maker("switch", "false") };
}

const { onOff } = flagMakers();

/** Flags that every program has, the last ones of its help. */
export const commonFlags: readonly [Named<"version">, Named<"help">] = [
  onOff("version", "print version, commit and build date, and exit"),
  onOff("help", "print this, and exit"),
];

/** Where environment variables come from. */
export interface Environment {
  get(name: string): string | undefined;
}

/** A program was started wrongly; the message is a sentence for the operator. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * The value of each flag: what the command line says, else the environment, else the default.
 * Takes `--name=value` and `--name value`, with one dash or two; what is given of a list adds up.
 * `reproach` is what is said of a word that is no flag. Throws {@link UsageError}.
 */
export function readFlags<const Flags extends readonly Flag[]>(
  flags: Flags,
  args: readonly string[],
  environment: Environment,
  reproach: string,
): ReadonlyMap<Flags[number]["name"], string> {
  const given = givenFlags(flags, args, reproach);
  const valueOf = (flag: Flag) => given.get(flag.name) ?? inheritedValue(flag, environment);
  return new Map(flags.map((flag) => [flag.name, valueOf(flag)]));
}

/**
 * What `use` makes of the flags, each of which `get` reads, as {@link readFlags} has it. A
 * {@link UsageError} of its names the environment variable in place of a flag that nobody gave.
 */
export function withFlags<const Flags extends readonly Flag[], Result>(
  flags: Flags,
  args: readonly string[],
  environment: Environment,
  reproach: string,
  use: (get: (name: Flags[number]["name"]) => string) => Result,
): Result {
  const values = readFlags(flags, args, environment, reproach);
  try {
    return use((name) => values.get(name) ?? "");
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const given = givenFlags(flags, args, reproach);
    const culprit = (named: string) => {
      const flag = flags.find(({ name }) => `--${name}` === named && !given.has(name));
      const isSet = flag && flag.environment !== "" &&
        environment.get(flag.environment) !== undefined;
      return isSet ? flag.environment : named;
    };
    throw new UsageError(error.message.replace(/--[a-z]+(-[a-z]+)*/g, culprit));
  }
}

/** What the command line says. */
function givenFlags(
  flags: readonly Flag[],
  args: readonly string[],
  reproach: string,
): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name, , value] = arg.match(/^--?([^=-][^=]*)(=([\s\S]*))?$/) ?? [];
    if (name === undefined) throw new UsageError(`unexpected argument "${arg}": ${reproach}`);
    const kind = flags.find((each) => each.name === name)?.kind;
    if (!kind) throw new UsageError(`unknown flag --${name}, see --help`);
    if (kind === "switch") {
      given.set(name, readSwitch(`--${name}`, value ?? "true"));
      continue;
    }
    const word = value ?? takeValue(name, rest);
    const before = kind === "list" ? given.get(name) : undefined;
    given.set(name, before === undefined ? word : `${before},${word}`);
  }
  return given;
}

/** What the environment says, else the default. */
function inheritedValue(
  { kind, environment: variable, fallback }: Flag,
  environment: Environment,
): string {
  const inherited = variable === "" ? undefined : environment.get(variable);
  return kind === "switch" ? readSwitch(variable, inherited || fallback) : inherited ?? fallback;
}

function takeValue(name: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) throw new UsageError(`--${name} needs a value`);
  return value;
}

/** Go's spellings of a boolean, since service files written for them exist. */
function readSwitch(setting: string, value: string): string {
  if (/^(1|t|true)$/i.test(value)) return "true";
  if (/^(0|f|false)$/i.test(value)) return "false";
  throw new UsageError(`${setting} is true or false, not "${value}"`);
}

/** Columns of `--help`, as of the smallest usual terminal. */
const columns = 80;

/**
 * Lines of `--help`, one flag behind the other: its explanation begins after so many columns, and
 * below the flag where that is longer.
 */
export function describeFlags(flags: readonly Flag[], width: number): string[] {
  return flags.flatMap(({ name, kind, environment, fallback, help }) => {
    const shown = kind === "switch" ? `--${name}` : `--${name} VALUE`;
    const notes = [["false", ""].includes(fallback) ? "" : `default ${fallback}`, environment];
    const note = notes.filter((each) => each !== "").join(", ");
    const lines = wrap(`${help}${note === "" ? "" : ` (${note})`}`, columns - width - 3);
    const [first = "", ...rest] = shown.length > width ? [shown, ...lines] : lines;
    const beginning = shown.length > width ? "" : shown.padEnd(width + 1);
    return [`  ${beginning}${first}`, ...rest.map((line) => " ".repeat(width + 3) + line)];
  });
}

/** Lines of at most `width`, broken at blanks. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
