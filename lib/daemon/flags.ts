/** A flag of maglevd: how it is set, and what it says in `--help` and the manual. */
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

/** The flags, in the order of the manual. */
export const flags = [
  {
    name: "config",
    kind: "text",
    environment: "MAGLEV_CONFIG",
    fallback: "/etc/vpp-maglev/maglev.yaml",
    help: "configuration file",
  },
  {
    name: "grpc-addr",
    kind: "list",
    environment: "MAGLEV_GRPC_ADDR",
    fallback: ":9090",
    help: "where the API listens, also unix:/path; several with commas between",
  },
  {
    name: "grpc-socket-mode",
    kind: "text",
    environment: "MAGLEV_GRPC_SOCKET_MODE",
    fallback: "0660",
    help: "permissions of the API's Unix sockets",
  },
  {
    name: "grpc-socket-group",
    kind: "text",
    environment: "MAGLEV_GRPC_SOCKET_GROUP",
    fallback: "",
    help: "group of the API's Unix sockets; empty: that of maglevd",
  },
  {
    name: "auth",
    kind: "text",
    environment: "MAGLEV_AUTH",
    fallback: "",
    help: "file that says who may do what; empty: this machine everything, others only read",
  },
  {
    name: "host-name",
    kind: "list",
    environment: "MAGLEV_HOST_NAME",
    fallback: "",
    help: "names, besides its own, by which browsers and maglevc may call this machine",
  },
  {
    name: "allow-origin",
    kind: "list",
    environment: "MAGLEV_ALLOW_ORIGIN",
    fallback: "",
    help: "origins of web pages that may call the API, such as https://status.example.net",
  },
  {
    name: "open",
    kind: "switch",
    environment: "MAGLEV_OPEN",
    fallback: "false",
    help: "let everybody who reaches the API change things, not only read them",
  },
  {
    name: "metrics-addr",
    kind: "text",
    environment: "MAGLEV_METRICS_ADDR",
    fallback: ":9091",
    help: "where Prometheus metrics are served; empty turns them off",
  },
  {
    name: "vpp-api-addr",
    kind: "text",
    environment: "MAGLEV_VPP_API_ADDR",
    fallback: "/run/vpp/api.sock",
    help: "VPP's binary API socket; empty turns VPP off",
  },
  {
    name: "vpp-stats-addr",
    kind: "text",
    environment: "MAGLEV_VPP_STATS_ADDR",
    fallback: "/run/vpp/stats.sock",
    help: "VPP's stats socket",
  },
  {
    name: "state-dir",
    kind: "text",
    environment: "MAGLEV_STATE_DIR",
    fallback: "",
    help: "where what operators said and health outlive a restart; empty: memory only",
  },
  {
    name: "log-level",
    kind: "text",
    environment: "MAGLEV_LOG_LEVEL",
    fallback: "info",
    help: "debug, info, warn or error",
  },
  {
    name: "check",
    kind: "switch",
    environment: "",
    fallback: "false",
    help: "check the configuration and exit: 0 valid, 1 parse error, 2 semantic error",
  },
  {
    name: "strict",
    kind: "switch",
    environment: "",
    fallback: "false",
    help: "with --check: a file that is valid with warnings exits with 2",
  },
  {
    name: "reload",
    kind: "switch",
    environment: "",
    fallback: "false",
    help: "for ExecReload= of a unit: have its maglevd reload, and fail if it does not",
  },
  {
    name: "reflection",
    kind: "switch",
    environment: "",
    fallback: "true",
    help: "answer gRPC server reflection",
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

/** maglevd was started wrongly; the message is a sentence for the operator. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * The value of each flag: what the command line says, else the environment, else the default.
 * Takes `--name=value` and `--name value`, with one dash or two; what is given of a list adds up.
 * Throws {@link UsageError}.
 */
export function readFlags(
  args: readonly string[],
  environment: { get(name: string): string | undefined },
): ReadonlyMap<FlagName, string> {
  const values = new Map<FlagName, string>();
  for (const { name, kind, environment: variable, fallback } of flags) {
    const inherited = variable === "" ? undefined : environment.get(variable);
    if (kind === "switch") values.set(name, readSwitch(variable, inherited || fallback));
    else values.set(name, inherited ?? fallback);
  }
  const rest = [...args];
  const lists = new Map<FlagName, string>();
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const { flag, value } = splitFlag(arg);
    if (flag.kind === "switch") {
      values.set(flag.name, readSwitch(`--${flag.name}`, value ?? "true"));
      continue;
    }
    const given = value ?? takeValue(flag.name, rest);
    if (flag.kind === "text") {
      values.set(flag.name, given);
      continue;
    }
    const before = lists.get(flag.name);
    lists.set(flag.name, before === undefined ? given : `${before},${given}`);
  }
  return new Map([...values, ...lists]);
}

function splitFlag(arg: string): { flag: (typeof flags)[number]; value: string | undefined } {
  const [, name, , value] = arg.match(/^--?([^=-][^=]*)(=([\s\S]*))?$/) ?? [];
  if (name === undefined) {
    throw new UsageError(`unexpected argument "${arg}": maglevd takes flags only, see --help`);
  }
  const flag = flags.find((each) => each.name === name);
  if (!flag) throw new UsageError(`unknown flag --${name}, see --help`);
  return { flag, value };
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

/** What `--help` prints, without a final line end. */
export function usage(): string {
  const rows = flags.map(({ name, kind, environment, fallback, help }) => {
    const shown = kind === "switch" ? `--${name}` : `--${name} VALUE`;
    const notes = [["false", ""].includes(fallback) ? "" : `default ${fallback}`, environment];
    const note = notes.filter((each) => each !== "").join(", ");
    return `  ${shown.padEnd(24)} ${help}${note === "" ? "" : ` (${note})`}`;
  });
  return [
    "maglevd health-checks backends and programs VPP's load balancer.",
    "",
    "usage: maglevd [flags]",
    "",
    ...rows,
    "",
    "A flag wins over its environment variable. SIGHUP reloads the configuration.",
  ].join("\n");
}
