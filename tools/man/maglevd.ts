import { exitCodes, exitMeanings, flags } from "../../lib/daemon/flags.ts";
import { version } from "../../lib/version/mod.ts";
import { escape, optionsSection } from "./roff.ts";

/** maglevd(8) in man(7) macros; the flags are those that the program reads. */
export function maglevdPage(): string {
  return [
    `.TH MAGLEVD 8 "" "maglev ${version.version}" "System Administration"`,
    ...opening,
    ...optionsSection(flags),
    ...running,
    ".SH EXIT STATUS",
    ...Object.entries(exitMeanings).flatMap(describeExit),
    ...ending,
    "",
  ].join("\n");
}

function describeExit([name, meaning]: [string, string]): string[] {
  const code = Object.entries(exitCodes).find(([each]) => each === name)?.[1];
  return [".TP", `.B ${code}`, escape(meaning)];
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

const running = [
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
  ".SH SYSTEMD",
  "The unit is",
  ".BR vpp\\-maglevd.service .",
  ".B systemctl reload vpp\\-maglevd",
  "waits for the daemon's answer and fails if the configuration is not put into force. Why not, and",
  "why maglevd could not start, is the Status in",
  '.BR "systemctl status vpp\\-maglevd" .',
  "systemd starts maglevd anew after every exit but 1 and 2, which would come again.",
  ".PP",
  "The package enables and starts the unit if there is a configuration when it is installed. A",
  "minimal one, which it makes otherwise, is for you to edit first.",
] as const;

const ending = [
  ".SH FILES",
  ".TP",
  ".I /etc/vpp\\-maglev/maglev.yaml",
  "The configuration, see",
  ".BR maglev.yaml (5).",
  ".TP",
  ".I /etc/default/vpp\\-maglev",
  "The environment of the systemd service.",
  ".TP",
  ".I /var/lib/vpp\\-maglev/",
  "What operators said, health and the journal: what outlives a restart.",
  ".TP",
  ".I /usr/share/doc/vpp\\-maglevd/",
  "user\\-guide.md, troubleshooting.md, which explains each record of the log, and examples.",
  ".TP",
  ".I /usr/share/vpp\\-maglev/",
  "Alerting rules for Prometheus, a dashboard for Grafana, the API as a .proto file, and the JSON",
  "Schema of the configuration.",
  ".SH LOGGING",
  "JSON lines on standard output: time, level, msg, then attributes. State changes are",
  "backend\\-transition and frontend\\-transition at level INFO; single probes and every message",
  "to and from VPP are at level DEBUG. To systemd's journal each line tells its priority, so that",
  ".B journalctl \\-u vpp\\-maglevd \\-p err",
  "finds the errors.",
  ".SH SEE ALSO",
  ".BR maglevc (1),",
  ".BR maglevd\\-frontend (8),",
  ".BR maglev.yaml (5),",
  ".BR systemctl (1)",
] as const;
