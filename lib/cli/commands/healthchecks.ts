import type { HealthCheckInfo } from "../../gen/maglev_pb.ts";
import { formatDuration } from "../format.ts";
import type { CommandContext, Listing, View } from "../node.ts";
import { listing, messageJson, report, slotValue } from "../report.ts";
import { formatPairs, left, right } from "../table.ts";

/** `show healthchecks`: a line each. */
export const showHealthchecks = listing({
  fetch: fetchAll,
  listing: listHealthchecks,
  none: "no health checks are configured",
  json: (checks) => checks.map(messageJson),
});

/** `show healthchecks NAME`: everything. */
export const showHealthcheck = report({
  fetch: (context) =>
    context.client.getHealthCheck({ name: slotValue(context, "healthcheck") }, {
      signal: context.signal,
    }),
  text: formatHealthcheck,
  json: messageJson,
});

/** One after the other: there are few, and a server is not to be flooded for a table. */
async function fetchAll({ client, signal }: CommandContext): Promise<HealthCheckInfo[]> {
  const { names } = await client.listHealthChecks({}, { signal });
  const checks: HealthCheckInfo[] = [];
  for (const name of names) checks.push(await client.getHealthCheck({ name }, { signal }));
  return checks;
}

/** Health checks, a row each. */
function listHealthchecks(checks: readonly HealthCheckInfo[]): Listing {
  return {
    columns: [
      ...left("name", "type"),
      ...right("port", "interval", "fast", "down", "timeout", "rise", "fall"),
    ],
    rows: checks.map((check) => [
      check.name,
      check.type,
      check.port === 0 ? "" : String(check.port),
      formatDuration(check.intervalNs),
      formatDuration(check.fastIntervalNs),
      formatDuration(check.downIntervalNs),
      formatDuration(check.timeoutNs),
      String(check.rise),
      String(check.fall),
    ]),
  };
}

/** One health check with its settings. */
function formatHealthcheck(check: HealthCheckInfo, { style }: View): string {
  return formatPairs(style, [
    ["name", check.name],
    ["type", check.type],
    ["port", check.port === 0 ? undefined : String(check.port)],
    ["interval", formatDuration(check.intervalNs)],
    ["fast-interval", formatDuration(check.fastIntervalNs)],
    ["down-interval", formatDuration(check.downIntervalNs)],
    ["timeout", formatDuration(check.timeoutNs)],
    ["flap", check.flap || undefined],
    ["rise", String(check.rise)],
    ["fall", String(check.fall)],
    ["probe-ipv4-src", check.probeIpv4Src || undefined],
    ["probe-ipv6-src", check.probeIpv6Src || undefined],
    ...httpPairs(check),
    ...tcpPairs(check),
  ]);
}

type Pair = readonly [label: string, value: string | undefined];

function httpPairs({ http, type }: HealthCheckInfo): readonly Pair[] {
  if (!http) return [];
  const { responseCodeMin: min, responseCodeMax: max } = http;
  return [
    ["path", http.path],
    ["host", http.host || undefined],
    ["response-code", min === max ? String(min) : `${min}-${max}`],
    ["response-regexp", http.responseRegexp || undefined],
    ["server-name", http.serverName || undefined],
    ["insecure-skip-verify", type === "https" ? String(http.insecureSkipVerify) : undefined],
  ];
}

function tcpPairs({ tcp }: HealthCheckInfo): readonly Pair[] {
  if (!tcp) return [];
  return [
    ["ssl", String(tcp.ssl)],
    ["server-name", tcp.serverName || undefined],
    ["insecure-skip-verify", tcp.ssl ? String(tcp.insecureSkipVerify) : undefined],
  ];
}
