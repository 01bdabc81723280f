import type { HealthyPorts } from "./healthy.ts";
import type { Hostile } from "./hostile.ts";

/** Between two probes of a healthy server, in milliseconds. */
export const intervalMs = 100;
/** Between two probes of a hostile one. */
const hostileIntervalMs = 500;

/** Where the hostile ones are. */
export const hostileAddress = "127.66.0.1";

/** How each look is configured. */
const checks: Readonly<Record<Hostile["look"], string>> = {
  "http": "type: http",
  "http body": 'type: http, params: {response-regexp: "no such thing"}',
  "tls": "type: tcp, params: {ssl: true, server-name: a.example}",
  "https": "type: https, params: {server-name: a.example}",
  "https body": 'type: https, params: {server-name: a.example, response-regexp: "no such thing"}',
};

/** A check of YAML as a flow mapping, with its params beside what else it has. */
function check(kind: string, port: number, interval: number): string {
  const timing = `interval: ${interval}ms, timeout: 1s, rise: 2, fall: 3`;
  return `{port: ${port}, ${timing}, ${kind}}`;
}

/** The kinds of healthy servers, in turn. */
const kinds = ["http", "body", "tcp", "https", "http"] as const;

/** 50 servers that are well, beside the hostile ones, which are probed if they are `enabled`. */
export function configOf(
  ports: HealthyPorts,
  hostiles: readonly Hostile[],
  enabled: boolean,
): string {
  const healthchecks = [
    `http: ${check("type: http", ports.http, intervalMs)}`,
    `body: ${check('type: http, params: {response-regexp: "is wel"}', ports.http, intervalMs)}`,
    `tcp: ${check("type: tcp", ports.tcp, intervalMs)}`,
    `https: ${check(checks.https, ports.https, intervalMs)}`,
    ...hostiles.map(({ look, port }, i) =>
      `hostile${i}: ${check(checks[look], port, hostileIntervalMs)}`
    ),
  ];
  const healthy = Array.from(
    { length: 50 },
    (_, i) => `healthy${i}: {address: 127.66.1.${i + 1}, healthcheck: ${kinds[i % kinds.length]}}`,
  );
  const backends = [
    ...healthy,
    ...hostiles.map((_, i) =>
      `hostile${i}: {address: ${hostileAddress}, healthcheck: hostile${i}, enabled: ${enabled}}`
    ),
  ];
  const indented = (lines: readonly string[]) => lines.map((line) => `    ${line}\n`).join("");
  const used = healthy.map((_, i) => `healthy${i}: {}`).join(", ");
  return `maglev:
  vpp: {lb: {ipv4-src-address: 192.0.2.1, ipv6-src-address: "2001:db8::1"}}
  healthchecks:
${indented(healthchecks)}  backends:
${indented(backends)}  frontends:
    all: {address: 192.0.2.2, pools: [{name: all, backends: {${used}}}]}
`;
}
