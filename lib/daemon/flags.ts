import { commonFlags, describeFlags, type Flag, flagMakers } from "../flags/mod.ts";

const { text, list, onOff } = flagMakers("MAGLEV");

/** Those that are only given, never inherited. */
const bare = flagMakers();

/** The flags, in the order of the manual. */
export const flags = [
  text("config", "configuration file", "/etc/vpp-maglev/maglev.yaml"),
  list("grpc-addr", "where the API listens, also unix:/path; several with commas between", ":9090"),
  text("grpc-socket-mode", "permissions of the API's Unix sockets", "0660"),
  text("grpc-socket-group", "group of the API's Unix sockets; empty: that of maglevd"),
  text("auth", "file that says who may do what; empty: this machine everything, others only read"),
  text(
    "tls-cert",
    "certificate (PEM) with which the API speaks TLS on networks; empty: in the clear",
  ),
  text("tls-key", "the private key (PEM) of --tls-cert"),
  text("tls-client-ca", "authorities (PEM) of the certificates by which --auth knows clients"),
  list("host-name", "names, besides its own, by which browsers and maglevc may call this machine"),
  list(
    "allow-origin",
    "origins of web pages that may call the API, such as https://status.example.net",
  ),
  onOff("open", "let everybody who reaches the API change things, not only read them"),
  text("metrics-addr", "where Prometheus metrics are served; empty turns them off", ":9091"),
  onOff("metrics-tls", "serve metrics over TLS, with the files of the API"),
  text("vpp-api-addr", "VPP's binary API socket; empty turns VPP off", "/run/vpp/api.sock"),
  text("vpp-stats-addr", "VPP's stats socket", "/run/vpp/stats.sock"),
  text("state-dir", "where what operators said and health outlive a restart; empty: memory only"),
  text("log-level", "debug, info, warn or error", "info"),
  bare.onOff("check", "check the configuration and exit: 0 valid, 1 parse error, 2 semantic error"),
  bare.onOff("strict", "with --check: a file that is valid with warnings exits with 2"),
  bare.onOff(
    "reload",
    "for ExecReload= of a unit: have its maglevd reload, and fail if it does not",
  ),
  bare.onOff("reflection", "answer gRPC server reflection", "true"),
  ...commonFlags,
] as const satisfies readonly Flag[];

/** The name of one of {@link flags}. */
export type FlagName = (typeof flags)[number]["name"];

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

/**
 * What maglevd exits with. The unit starts it anew after all but 0, which is asked for, and those
 * that would come again for certain: see RestartPreventExitStatus= there.
 */
export const exitCodes = {
  /** After a signal; a valid `--check`. */
  done: 0,
  /** The configuration cannot be read or parsed. */
  parse: 1,
  /** The configuration contradicts itself, or a flag or its variable is wrong. */
  semantic: 2,
  /** It could not start, for want of something: a port in use, say. With --reload: it did not. */
  startFailed: 3,
  /** It did not end in order: by a fault of its own, or at once by a second signal. */
  fault: 4,
} as const;

/** What the manual says of each of {@link exitCodes}, whole sentences. */
export const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: "Ended by a signal. With --check, the configuration is valid.",
  parse: "The configuration cannot be read or parsed.",
  semantic: "The configuration contradicts itself, or a flag or an environment variable is wrong.",
  startFailed: "Could not start: an address is in use, say. Another time it may. With --reload, " +
    "maglevd refused it, or could not.",
  fault: "Ended by a fault of its own, or at once by a second signal.",
};
