import { flags } from "../../lib/daemon/flags.ts";
import { version } from "../../lib/version/mod.ts";
import { escape } from "./roff.ts";

/** maglevd(8) in man(7) macros; the flags are those that the program reads. */
export function maglevdPage(): string {
  return [
    `.TH MAGLEVD 8 "" "maglev ${version.version}" "System Administration"`,
    ...opening,
    ".SH OPTIONS",
    "A flag wins over its environment variable. Values may follow after a blank or after =.",
    ...flags.flatMap(describeFlag),
    ...ending,
    "",
  ].join("\n");
}

function describeFlag({ name, kind, environment, fallback, help }: typeof flags[number]): string[] {
  const value = kind === "text" ? " \\fIvalue\\fR" : "";
  const notes = [
    environment === "" ? "" : `Environment: ${environment}.`,
    kind === "switch" && fallback === "false" ? "" : `Default: ${fallback}.`,
  ].filter((note) => note !== "");
  return [
    ".TP",
    `\\fB${escape(`--${name}`)}\\fR${value}`,
    escape(sentence(help)),
    ...notes.map(escape),
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const opening = [
  ".SH NAME",
  "maglevd \\- health checker and control plane for VPP's Maglev load balancer",
  ".SH SYNOPSIS",
  ".B maglevd",
  "[\\fIflags\\fR]",
  ".SH DESCRIPTION",
  ".B maglevd",
  "probes backends over ICMP, TCP, HTTP and HTTPS, decides which of them are up, and programs the",
  "lb plugin of the VPP on the same host accordingly: VIPs, application servers and their weights.",
  "It serves a gRPC API that",
  ".BR maglevc (1)",
  "speaks, and metrics for Prometheus.",
  ".PP",
  "When maglevd stops, crashes or is upgraded, VPP keeps forwarding with the state it was last given.",
  "When it starts, it takes over what VPP has and changes nothing before the backends are known.",
] as const;

const ending = [
  ".SH SIGNALS",
  ".TP",
  ".B SIGHUP",
  "Checks the configuration file and applies it. On any error nothing changes, and the log says",
  "file, line and column. Backends whose health check is unchanged keep being probed.",
  ".TP",
  ".BR SIGTERM ,\\~ SIGINT",
  "Ends streams and listeners and exits with 0. VPP is left as it is. A second one exits at once.",
  ".SH CAPABILITIES",
  "CAP_NET_RAW for icmp checks, unless net.ipv4.ping_group_range covers the group of the process.",
  "CAP_SYS_ADMIN for probing from another network namespace. What is missing is said in the log",
  "when starting. VPP's sockets are opened as an ordinary file: be a member of their group.",
  ".SH EXIT STATUS",
  "0 after a signal or a valid \\-\\-check, 1 when it could not start or the file cannot be parsed,",
  "2 when the file contradicts itself.",
  ".SH FILES",
  ".TP",
  ".I /etc/vpp\\-maglev/maglev.yaml",
  "The configuration. Its fields are described in config\\-guide.md.",
  ".TP",
  ".I /etc/default/vpp\\-maglev",
  "The environment of the systemd service.",
  ".SH LOGGING",
  "JSON lines on standard output: time, level, msg, then attributes. State changes are",
  "backend\\-transition and frontend\\-transition at level INFO; single probes and every message",
  "to and from VPP are at level DEBUG.",
  ".SH SEE ALSO",
  ".BR maglevc (1),",
  ".BR systemctl (1)",
] as const;
