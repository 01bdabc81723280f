import {
  commonFlags,
  describeFlags,
  type Environment,
  type Flag,
  readFlags,
} from "../flags/mod.ts";

/** The flags, in the order of the help. */
export const flags = [
  {
    name: "config",
    kind: "list",
    environment: "MAGLEV_CONFIG",
    fallback: "/etc/vpp-maglev/maglev.yaml",
    help: "configuration whose VIPs are asked; several times for several",
  },
  {
    name: "interval",
    kind: "text",
    environment: "",
    fallback: "100ms",
    help: "between two tries of a VIP, give or take a tenth",
  },
  {
    name: "timeout",
    kind: "text",
    environment: "",
    fallback: "2s",
    help: "an answer that takes longer is none",
  },
  {
    name: "scheme",
    kind: "text",
    environment: "",
    fallback: "",
    help: "http, https or tcp: how ports besides 80 and 443 are asked; empty: tcp",
  },
  {
    name: "host",
    kind: "text",
    environment: "",
    fallback: "",
    help: "Host header, and the name that certificates are for; empty: the VIP's address",
  },
  {
    name: "path",
    kind: "text",
    environment: "",
    fallback: "/.well-known/ipng/healthz",
    help: "what is asked for over HTTP",
  },
  {
    name: "header",
    kind: "text",
    environment: "",
    fallback: "X-IPng-Frontend",
    help: "response header whose values are counted: they tell which server answered",
  },
  {
    name: "insecure",
    kind: "switch",
    environment: "",
    fallback: "false",
    help: "take any certificate",
  },
  {
    name: "keepalive",
    kind: "switch",
    environment: "",
    fallback: "false",
    help: "keep connections of HTTP; else each try is a new flow, hashed anew",
  },
  {
    name: "filter",
    kind: "text",
    environment: "",
    fallback: "",
    help: "ask only VIPs whose name or address matches this regular expression",
  },
  {
    name: "json",
    kind: "switch",
    environment: "",
    fallback: "false",
    help: "no screen: print figures as JSON at the end, after 10s unless --duration says so",
  },
  {
    name: "duration",
    kind: "text",
    environment: "",
    fallback: "",
    help: "end after this long; empty: when told to",
  },
  {
    name: "max-loss",
    kind: "text",
    environment: "",
    fallback: "0",
    help: "with --json or --duration: exit with 5 if a VIP lost more percent of its tries",
  },
  ...commonFlags,
] as const satisfies readonly Flag[];

/** The name of one of {@link flags}. */
export type FlagName = (typeof flags)[number]["name"];

/** The value of each flag. Throws UsageError. */
export function readTesterFlags(
  args: readonly string[],
  environment: Environment,
): ReadonlyMap<FlagName, string> {
  return readFlags(flags, args, environment, "there are flags only, see --help");
}

/** What `--help` prints, without a final line end. */
export function usage(): string {
  return [
    "maglevt asks the VIPs of maglev.yaml from outside, and shows how they answer.",
    "",
    "usage: maglevt [flags]",
    "       maglevt completion bash|zsh|fish",
    "",
    ...describeFlags(flags, 20),
    "",
    "On the screen, ? tells the keys. Exit codes: 0 as it should be, 1 something went wrong,",
    "2 wrong flags or configuration, 5 too much was lost.",
  ].join("\n");
}
