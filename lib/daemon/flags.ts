import {
  commonFlags,
  describeFlags,
  type Environment,
  type Flag,
  readFlags,
} from "../flags/mod.ts";

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
    name: "tls-cert",
    kind: "text",
    environment: "MAGLEV_TLS_CERT",
    fallback: "",
    help: "certificate (PEM) with which the API speaks TLS on networks; empty: in the clear",
  },
  {
    name: "tls-key",
    kind: "text",
    environment: "MAGLEV_TLS_KEY",
    fallback: "",
    help: "the private key (PEM) of --tls-cert",
  },
  {
    name: "tls-client-ca",
    kind: "text",
    environment: "MAGLEV_TLS_CLIENT_CA",
    fallback: "",
    help: "authorities (PEM) of the certificates by which --auth knows clients",
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
    name: "metrics-tls",
    kind: "switch",
    environment: "MAGLEV_METRICS_TLS",
    fallback: "false",
    help: "serve metrics over TLS, with the files of the API",
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
  ...commonFlags,
] as const satisfies readonly Flag[];

/** The name of one of {@link flags}. */
export type FlagName = (typeof flags)[number]["name"];

/** The value of each flag. Throws UsageError. */
export function readDaemonFlags(
  args: readonly string[],
  environment: Environment,
): ReadonlyMap<FlagName, string> {
  return readFlags(flags, args, environment, "maglevd takes flags only, see --help");
}

/** What `--help` prints, without a final line end. */
export function usage(): string {
  return [
    "maglevd health-checks backends and programs VPP's load balancer.",
    "",
    "usage: maglevd [flags]",
    "",
    ...describeFlags(flags, 24),
    "",
    "A flag wins over its environment variable. SIGHUP reloads the configuration.",
  ].join("\n");
}
