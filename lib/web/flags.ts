import { commonFlags, describeFlags, type Flag, flagMakers } from "../flags/mod.ts";

const { text, list, onOff } = flagMakers("MAGLEV_FRONTEND");
/** What this start is for, and no habit of the machine. */
const bare = flagMakers();

/** The flags, in the order of the help. */
export const flags = [
  list(
    "server",
    "maglevds to show, also unix:/path and https://host:port, with commas between",
    "localhost:9090",
  ),
  text(
    "token-file",
    "file with the token that tells maglevds who asks; empty: as servers.yaml has it",
  ),
  onOff("tls", "ask maglevds over TLS, which naming any of these files does as well"),
  text("ca", "file of authorities that are trusted with maglevds besides the system's"),
  text("cert", "file of the certificate that maglevds are shown"),
  text("key", "file of its key, which only this user may read"),
  text("listen", "where browsers find the page", "127.0.0.1:9093"),
  text(
    "tls-cert",
    "certificate (PEM) with which browsers are answered over TLS; empty: in the clear",
  ),
  text("tls-key", "the private key (PEM) of --tls-cert"),
  text("tls-client-ca", "authorities (PEM) of the certificates by which --auth knows browsers"),
  text("auth", "file that says who may look and who may steer; empty: all look, none steer"),
  list("host-name", "names, besides its own, by which browsers may call this machine"),
  text("log-level", "debug, info, warn or error", "info"),
  bare.onOff("check", "start, say what is wrong, and exit: 0 nothing, else what a start ends with"),
  ...commonFlags,
] as const satisfies readonly Flag[];

/** The name of one of {@link flags}. */
export type FlagName = (typeof flags)[number]["name"];

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
    "MAGLEV_FRONTEND_PASSWORD set, whoever knows them may do everything, below",
    "/admin/.",
  ].join("\n");
}
