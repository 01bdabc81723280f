/** A flag of maglevd-frontend: how it is set, and what it says in `--help`. */
export interface Flag {
  /** Without the dashes. */
  readonly name: string;
  /** Flags of this kind take true or false, and mean true when they stand alone. */
  readonly kind: "text" | "switch";
  /** The environment variable that stands in for it, or empty. */
  readonly environment: string;
  readonly fallback: string;
  readonly help: string;
}

/** The flags, in the order of the help. */
export const flags = [
  {
    name: "server",
    kind: "text",
    environment: "MAGLEV_FRONTEND_SERVER",
    fallback: "localhost:9090",
    help: "maglevds to show, with commas between",
  },
  {
    name: "listen",
    kind: "text",
    environment: "MAGLEV_FRONTEND_LISTEN",
    fallback: "127.0.0.1:9093",
    help: "where browsers find the page",
  },
  {
    name: "host-name",
    kind: "text",
    environment: "MAGLEV_FRONTEND_HOST_NAME",
    fallback: "",
    help: "names, besides its own, by which browsers may call this machine",
  },
  {
    name: "log-level",
    kind: "text",
    environment: "MAGLEV_FRONTEND_LOG_LEVEL",
    fallback: "info",
    help: "debug, info, warn or error",
  },
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

/** The name of one of {@link flags}. */
export type FlagName = (typeof flags)[number]["name"];

/** maglevd-frontend was started wrongly; the message is a sentence for the operator. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Where environment variables come from. */
export interface Environment {
  get(name: string): string | undefined;
}

/**
 * The value of each flag: what the command line says, else the environment, else the default.
 * Takes `--name=value` and `--name value`, with one dash or two. Throws {@link UsageError}.
 */
export function readFlags(
  args: readonly string[],
  environment: Environment,
): ReadonlyMap<FlagName, string> {
  const values = new Map<FlagName, string>(
    flags.map(({ name, environment: variable, fallback }) => [
      name,
      (variable === "" ? undefined : environment.get(variable)) ?? fallback,
    ]),
  );
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [, name, , given] = arg.match(/^--?([^=-][^=]*)(=([\s\S]*))?$/) ?? [];
    if (name === undefined) {
      throw new UsageError(`unexpected argument "${arg}": there are flags only, see --help`);
    }
    const flag = flags.find((each) => each.name === name);
    if (!flag) throw new UsageError(`unknown flag --${name}, see --help`);
    const value = flag.kind === "switch"
      ? readSwitch(name, given ?? "true")
      : given ?? rest.shift();
    if (value === undefined) throw new UsageError(`--${name} needs a value`);
    values.set(flag.name, value);
  }
  return values;
}

/** Go's spellings of a boolean, as maglevd takes them. */
function readSwitch(name: string, value: string): string {
  if (/^(1|t|true)$/i.test(value)) return "true";
  if (/^(0|f|false)$/i.test(value)) return "false";
  throw new UsageError(`--${name} is true or false, not "${value}"`);
}

/** What `--help` prints, without a final line end. */
export function usage(): string {
  const rows = flags.map(({ name, kind, environment, fallback, help }) => {
    const shown = kind === "switch" ? `--${name}` : `--${name} VALUE`;
    const notes = [["false", ""].includes(fallback) ? "" : `default ${fallback}`, environment];
    const note = notes.filter((each) => each !== "").join(", ");
    return `  ${shown.padEnd(20)} ${help}${note === "" ? "" : ` (${note})`}`;
  });
  return [
    "maglevd-frontend shows one or more maglevds in a browser.",
    "",
    "usage: maglevd-frontend [flags]",
    "",
    ...rows,
    "",
    "A flag wins over its environment variable. With MAGLEV_FRONTEND_USER and",
    "MAGLEV_FRONTEND_PASSWORD set, whoever knows them may also steer, below /admin/.",
  ].join("\n");
}
