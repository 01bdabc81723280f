import { version } from "../../lib/version/mod.ts";
import { type ReferenceKey, referenceSections } from "../schema/reference.ts";
import { escape } from "./roff.ts";

/** maglev.yaml(5) in man(7) macros; its keys are those of the schema. */
export function maglevYamlPage(): string {
  return [
    `.TH MAGLEV.YAML 5 "" "maglev ${version.version}" "File Formats"`,
    ...opening,
    ".SH KEYS",
    "NAME stands for a name that the file gives, [] for each entry of a list.",
    ...referenceSections().flatMap(({ path, description, keys }) => [
      `.SS ${escape(path)}`,
      text(description),
      ...keys.flatMap(describeKey),
    ]),
    ...ending,
    "",
  ].join("\n");
}

function describeKey({ key, type, absent, meaning }: ReferenceKey): string[] {
  const fallback = absent === "**required**"
    ? "Required."
    : absent === ""
    ? ""
    : `Default: ${absent}.`;
  return [
    ".TP",
    `\\fB${escape(key)}\\fR (${text(type)})`,
    text(meaning),
    ...(fallback === "" ? [] : [text(fallback)]),
  ];
}

/** Markdown's code spans and bold in bold, its links without their targets. */
function text(markdown: string): string {
  const plain = markdown.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
  return escape(plain)
    .replaceAll(/`([^`]+)`|\*\*([^*]+)\*\*/g, (_, code, bold) => `\\fB${code ?? bold}\\fR`)
    .replaceAll(/^(?=[.'])/gm, "\\&");
}

const opening = [
  ".SH NAME",
  "maglev.yaml \\- configuration of the maglevd load balancer control plane",
  ".SH SYNOPSIS",
  ".I /etc/vpp\\-maglev/maglev.yaml",
  ".SH DESCRIPTION",
  "A YAML file that",
  ".BR maglevd (8)",
  "reads when it starts, and again when it is told to reload. Everything in it stands under the key",
  "maglev. A health check says how to probe, a backend is a server that is probed that way, and a",
  "frontend is a VIP with pools of backends behind it: the first pool with a backend that is up and",
  "has a weight above 0 gets the traffic.",
  ".PP",
  "Durations are written with their units, such as 500ms or 1m30s. Names tell upper case from lower",
  "case. Unknown and repeated keys are errors.",
  ".PP",
  ".B maglevd \\-\\-check",
  "names all that is wrong with a file, with line and column. A file with errors changes nothing:",
  "the running maglevd keeps what it has, and",
  ".B systemctl reload",
  "fails.",
] as const;

const ending = [
  ".SH EXAMPLES",
  ".nf",
  "maglev:",
  "  vpp:",
  "    lb:",
  "      ipv4\\-src\\-address: 10.0.0.1",
  "      ipv6\\-src\\-address: 2001:db8::1",
  "  healthchecks:",
  "    web: { type: http, port: 80, params: { path: /healthz } }",
  "  backends:",
  "    web1: { address: 192.0.2.11, healthcheck: web }",
  "    web2: { address: 192.0.2.12, healthcheck: web }",
  "  frontends:",
  "    www:",
  "      address: 198.51.100.1",
  "      protocol: tcp",
  "      port: 80",
  "      pools:",
  "        \\- { name: primary, backends: { web1: {}, web2: {} } }",
  ".fi",
  ".SH FILES",
  ".TP",
  ".I /usr/share/doc/vpp\\-maglevd/examples/",
  "Worked examples with comments.",
  ".TP",
  ".I /usr/share/doc/vpp\\-maglevd/config\\-guide.md",
  "The same keys, with what they are for.",
  ".TP",
  ".I /usr/share/vpp\\-maglev/maglev.schema.json",
  "A JSON Schema, with which editors complete and check the file.",
  ".SH SEE ALSO",
  ".BR maglevd (8),",
  ".BR maglevc (1)",
] as const;
