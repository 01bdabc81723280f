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
  const values = new Map<string, string>();
  for (const { name, kind, environment: variable, fallback } of flags) {
    const inherited = variable === "" ? undefined : environment.get(variable);
    if (kind === "switch") values.set(name, readSwitch(variable, inherited || fallback));
    else values.set(name, inherited ?? fallback);
  }
  const rest = [...args];
  const lists = new Map<string, string>();
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name, , value] = arg.match(/^--?([^=-][^=]*)(=([\s\S]*))?$/) ?? [];
    if (name === undefined) throw new UsageError(`unexpected argument "${arg}": ${reproach}`);
    const flag = flags.find((each) => each.name === name);
    if (!flag) throw new UsageError(`unknown flag --${name}, see --help`);
    if (flag.kind === "switch") {
      values.set(name, readSwitch(`--${name}`, value ?? "true"));
      continue;
    }
    const given = value ?? takeValue(name, rest);
    if (flag.kind === "text") {
      values.set(name, given);
      continue;
    }
    const before = lists.get(name);
    lists.set(name, before === undefined ? given : `${before},${given}`);
  }
  return new Map([...values, ...lists]);
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
