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
    name: "server",
    kind: "list",
    environment: "MAGLEV_FRONTEND_SERVER",
    fallback: "localhost:9090",
    help: "maglevds to show, also unix:/path and https://host:port, with commas between",
  },
  {
    name: "token-file",
    kind: "text",
    environment: "MAGLEV_FRONTEND_TOKEN_FILE",
    fallback: "",
    help: "file with the token that tells maglevds who asks; empty: as servers.yaml has it",
  },
  {
    name: "tls",
    kind: "switch",
    environment: "MAGLEV_FRONTEND_TLS",
    fallback: "false",
    help: "ask maglevds over TLS, which naming any of these files does as well",
  },
  {
    name: "ca",
    kind: "text",
    environment: "MAGLEV_FRONTEND_CA",
    fallback: "",
    help: "file of authorities that are trusted with maglevds besides the system's",
  },
  {
    name: "cert",
    kind: "text",
    environment: "MAGLEV_FRONTEND_CERT",
    fallback: "",
    help: "file of the certificate that maglevds are shown",
  },
  {
    name: "key",
    kind: "text",
    environment: "MAGLEV_FRONTEND_KEY",
    fallback: "",
    help: "file of its key, which only this user may read",
  },
  {
    name: "listen",
    kind: "text",
    environment: "MAGLEV_FRONTEND_LISTEN",
    fallback: "127.0.0.1:9093",
    help: "where browsers find the page",
  },
  {
    name: "tls-cert",
    kind: "text",
    environment: "MAGLEV_FRONTEND_TLS_CERT",
    fallback: "",
    help: "certificate (PEM) with which browsers are answered over TLS; empty: in the clear",
  },
  {
    name: "tls-key",
    kind: "text",
    environment: "MAGLEV_FRONTEND_TLS_KEY",
    fallback: "",
    help: "the private key (PEM) of --tls-cert",
  },
  {
    name: "tls-client-ca",
    kind: "text",
    environment: "MAGLEV_FRONTEND_TLS_CLIENT_CA",
    fallback: "",
    help: "authorities (PEM) of the certificates by which --auth knows browsers",
  },
  {
    name: "auth",
    kind: "text",
    environment: "MAGLEV_FRONTEND_AUTH",
    fallback: "",
    help: "file that says who may look and who may steer; empty: all look, none steer",
  },
  {
    name: "host-name",
    kind: "list",
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
  ...commonFlags,
] as const satisfies readonly Flag[];

/** The name of one of {@link flags}. */
export type FlagName = (typeof flags)[number]["name"];

/** The value of each flag. Throws UsageError. */
export function readFrontendFlags(
  args: readonly string[],
  environment: Environment,
): ReadonlyMap<FlagName, string> {
  return readFlags(flags, args, environment, "there are flags only, see --help");
}

/** What `--help` prints, without a final line end. */
export function usage(): string {
  return [
    "maglevd-frontend shows one or more maglevds in a browser.",
    "",
    "usage: maglevd-frontend [flags]",
    "",
    ...describeFlags(flags, 20),
    "",
    "A flag wins over its environment variable. With MAGLEV_FRONTEND_USER and",
    "MAGLEV_FRONTEND_PASSWORD set, whoever knows them may do everything, below /admin/.",
  ].join("\n");
}
