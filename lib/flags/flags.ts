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

/** Flags that every program has, the last ones of its help. */
export const commonFlags = [
  {
    name: "version",
    kind: "switch",
    environment: "",
    fallback: "false",
    help: "print version, commit and build date, and exit",
  },
  {
    name: "help",
    kind: "switch",
    environment: "",
    fallback: "false",
    help: "print this, and exit",
  },
] as const satisfies readonly Flag[];

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

/** A line of `--help` per flag, whose explanations begin after so many columns. */
export function describeFlags(flags: readonly Flag[], width: number): string[] {
  return flags.map(({ name, kind, environment, fallback, help }) => {
    const shown = kind === "switch" ? `--${name}` : `--${name} VALUE`;
    const notes = [["false", ""].includes(fallback) ? "" : `default ${fallback}`, environment];
    const note = notes.filter((each) => each !== "").join(", ");
    return `  ${shown.padEnd(width)} ${help}${note === "" ? "" : ` (${note})`}`;
  });
}
