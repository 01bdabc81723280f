import { formatDuration } from "../duration.ts";
import { type CheckSection, paramsOf } from "../healthcheck_schema.ts";
import { childPath, placeOf, type ProblemList } from "../problems.ts";
import type {
  CheckTiming,
  CheckType,
  HealthCheck,
  HttpCheck,
  TcpCheck,
  TlsParams,
} from "../types.ts";

type ParamsSection = CheckSection["values"]["params"];

/** The health check that a section describes, or undefined when something required is missing. */
export function healthCheck(
  name: string,
  section: CheckSection,
  problems: ProblemList,
): HealthCheck | undefined {
  const { type, params } = section.values;
  if (type === undefined) return undefined;
  checkParams(type, params, problems);
  const port = portOf(type, section, problems);
  const timing = timingOf(name, section, problems);
  if (type === "icmp") return { ...timing, type };
  if (port === undefined) return undefined;
  return type === "tcp"
    ? tcpCheck(timing, port, params)
    : httpCheck({ ...timing, type, port }, params);
}

function checkParams(type: CheckType, params: ParamsSection, problems: ProblemList): void {
  const allowed: readonly string[] = paramsOf[type];
  for (const [key, at] of Object.entries(params.places)) {
    if (allowed.includes(key)) continue;
    const known = allowed.length > 0 ? `; allowed are ${allowed.join(", ")}` : "";
    const message = `is not a parameter of ${type} checks${known}`;
    problems.add("semantic", at, childPath(params.path, key), message);
  }
}

function portOf(type: CheckType, section: CheckSection, problems: ProblemList): number | undefined {
  const { port } = section.values;
  const isGiven = section.places.port !== undefined;
  if (isGiven === (type === "icmp")) {
    const message = isGiven
      ? `icmp checks have no port: remove ${port}`
      : `is required for ${type} checks (1 to 65535)`;
    problems.add("semantic", ...placeOf(section, "port"), message);
  }
  return port;
}

/** Undefined where the file has none. */
function flapOf({ values: { flap }, places }: CheckSection, problems: ProblemList) {
  if (places.flap === undefined) return undefined;
  const { changes, within: withinMs, hold: holdMs, "max-hold": maxHoldMs } = flap.values;
  if (maxHoldMs < holdMs) {
    const message = `must be at least hold (${formatDuration(holdMs)}), not ` +
      formatDuration(maxHoldMs);
    problems.add("semantic", ...placeOf(flap, "max-hold"), message);
  }
  return { changes, withinMs, holdMs, maxHoldMs };
}

function timingOf(name: string, section: CheckSection, problems: ProblemList): CheckTiming {
  const { values } = section;
  return {
    name,
    intervalMs: values.interval,
    fastIntervalMs: values["fast-interval"] ?? values.interval,
    downIntervalMs: values["down-interval"] ?? values.interval,
    timeoutMs: values.timeout,
    rise: values.rise,
    fall: values.fall,
    flap: flapOf(section, problems),
    probeIpv4Source: values["probe-ipv4-src"],
    probeIpv6Source: values["probe-ipv6-src"],
  };
}

function tcpCheck(timing: CheckTiming, port: number, params: ParamsSection): TcpCheck {
  return { ...timing, type: "tcp", port, tls: params.values.ssl ? tlsOf(params) : undefined };
}

function httpCheck(
  check: CheckTiming & Pick<HttpCheck, "type" | "port">,
  params: ParamsSection,
): HttpCheck {
  const { values } = params;
  return {
    ...check,
    path: values.path,
    host: values.host || undefined,
    responseCodeMin: values["response-code"].min,
    responseCodeMax: values["response-code"].max,
    responseRegexp: values["response-regexp"] || undefined,
    tls: tlsOf(params),
  };
}

function tlsOf({ values }: ParamsSection): TlsParams {
  return {
    serverName: values["server-name"] || undefined,
    insecureSkipVerify: values["insecure-skip-verify"],
  };
}
