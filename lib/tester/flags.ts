import { commonFlags, describeFlags, type Flag, flagMakers } from "../flags/mod.ts";

const { text, onOff } = flagMakers();

/** The flags, in the order of the help. */
export const flags = [
  flagMakers("MAGLEV").list(
    "config",
    "configuration whose VIPs are asked; several times for several",
    "/etc/vpp-maglev/maglev.yaml",
  ),
  text("interval", "between two tries of a VIP, give or take a tenth", "100ms"),
  text("timeout", "an answer that takes longer is none", "2s"),
  text("scheme", "http, https or tcp: how ports besides 80 and 443 are asked; empty: tcp"),
  text("host", "Host header, and the name that certificates are for; empty: the VIP's address"),
  text("path", "what is asked for over HTTP", "/.well-known/ipng/healthz"),
  text(
    "header",
    "response header whose values are counted: they tell which server answered",
    "X-IPng-Frontend",
  ),
  onOff("insecure", "take any certificate"),
  onOff("keepalive", "keep connections of HTTP; else each try is a new flow, hashed anew"),
  text("filter", "ask only VIPs whose name or address matches this regular expression"),
  onOff(
    "json",
    "no screen: print figures as JSON at the end, after 10s unless --duration says so",
  ),
  text("duration", "end after this long; empty: when told to"),
  text(
    "max-loss",
    "with --json or --duration: exit with 5 if a VIP lost more percent of its tries",
    "0",
  ),
  ...commonFlags,
] as const satisfies readonly Flag[];

/** The name of one of {@link flags}. */
export type FlagName = (typeof flags)[number]["name"];

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
