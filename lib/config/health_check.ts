import { specialScope } from "../ip/mod.ts";
import {
  checkOfType,
  type CheckTiming,
  type CheckType,
  checkType,
  type FlapRule,
  type HealthCheck,
  params,
  paramsOf,
  paramTexts,
  type Texts,
} from "./check_types.ts";
import { formatDuration } from "./duration.ts";
import * as forms from "./forms.ts";
import { integer, mapping, optional } from "./forms.ts";
import type { ObjectSchema, SectionOf } from "./json_schema.ts";
import { childPath, placeOf, type ProblemList } from "./problems.ts";

const flap = {
  description: "When a backend that changes too often stays down for a while; `{}` is this with " +
    "the defaults.",
  ...optional,
  properties: {
    changes: {
      description: "So many changes between up and down.",
      ...integer(2, 100),
      default: 6,
    },
    within: {
      description: "The time within which they count, and after which one hold is forgiven.",
      ...forms.duration,
      default: "10m",
    },
    hold: {
      description: "How long it stays down the first time; doubled each time after that.",
      ...forms.duration,
      default: "1m",
    },
    "max-hold": {
      description: "The longest that it stays down; not shorter than `hold`.",
      ...forms.duration,
      default: "30m",
    },
  },
} as const satisfies ObjectSchema;

/** One of `maglev.healthchecks`. */
export const healthcheck = {
  title: "health check",
  description: "One way of probing, shared by any number of backends.",
  ...mapping,
  required: ["type"],
  properties: {
    type: checkType,
    port: {
      description: "Port that is probed. Not allowed for icmp.",
      ...integer(1, 65535),
      "x-absent": "required, but for icmp",
    },
    interval: {
      description: "Time between probes of a healthy backend.",
      ...forms.duration,
      default: "2s",
    },
    "fast-interval": {
      description: "Time between probes while the state is unknown or about to change.",
      ...forms.duration,
      "x-absent": "`interval`",
    },
    "down-interval": {
      description: "Time between probes of a backend that is fully down.",
      ...forms.duration,
      "x-absent": "`interval`",
    },
    timeout: {
      description: "Deadline of one probe, everything included.",
      ...forms.duration,
      default: "2s",
    },
    rise: {
      description: "Passes in a row that bring a dead backend up.",
      ...integer(1, 1000),
      default: 2,
    },
    fall: {
      description: "Failures in a row that take a healthy backend down.",
      ...integer(1, 1000),
      default: 3,
    },
    "probe-ipv4-src": {
      description: "Source address of probes to IPv4 backends.",
      ...forms.ipv4,
      "x-absent": "chosen by the kernel",
    },
    "probe-ipv6-src": {
      description: "Source address of probes to IPv6 backends.",
      ...forms.ipv6,
      "x-absent": "chosen by the kernel",
    },
    flap,
    params,
  },
  // As `healthCheck` says it in words.
  allOf: checkType.enum.map((type) => ({
    if: { required: ["type"], properties: { type: { const: type } } },
    then: type === "icmp" ? { properties: { port: false, params: { maxProperties: 0 } } } : {
      required: ["port"],
      properties: { port: true, params: { propertyNames: { enum: paramsOf[type] } } },
    },
  })),
} as const satisfies ObjectSchema;

/** A health check as it is read. */
export type CheckSection = SectionOf<typeof healthcheck>;

/** The health check that a section describes, or undefined when something required is missing. */
export function healthCheck(
  name: string,
  section: CheckSection,
  problems: ProblemList,
): HealthCheck | undefined {
  const { type, params } = section.values;
  if (type === undefined) return undefined;
  checkParams(type, params, problems);
  checkSources(section, problems);
  const port = portOf(type, section, problems);
  return checkOfType(type, timingOf(name, section, problems), port, params);
}

function checkParams(
  type: CheckType,
  params: CheckSection["values"]["params"],
  problems: ProblemList,
): void {
  const allowed: readonly string[] = paramsOf[type];
  for (const [key, at] of Object.entries(params.places)) {
    if (allowed.includes(key)) continue;
    const known = allowed.length > 0 ? `; allowed are ${allowed.join(", ")}` : "";
    const message = `is not a parameter of ${type} checks${known}`;
    problems.add("semantic", at, childPath(params.path, key), message);
  }
}

/** Reports sources that no host has. `0.0.0.0` and `::` leave the choice to the kernel. */
function checkSources(section: CheckSection, problems: ProblemList): void {
  for (const key of ["probe-ipv4-src", "probe-ipv6-src"] as const) {
    const address = section.values[key];
    const scope = address && specialScope(address);
    // `::1`, from which a host may probe itself, is IPv4-compatible as well.
    if (!scope || scope === "an unspecified" || scope === "an IPv4-compatible") continue;
    const message = `must not be ${scope} address: ${address.text}; probes from it get no answer`;
    problems.add("semantic", ...placeOf(section, key), message);
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

/** Milliseconds: below it each backend is probed more than ten times a second. */
const shortestIntervalMs = 100;

/** Notes what a health check of a valid file says and hardly means. */
export function warnOfCheck(check: CheckSection, problems: ProblemList): void {
  warnOfIdleTls(check, problems);
  warnOfTimeout(check, problems);
  warnOfShortIntervals(check, problems);
  const { type, port } = check.values;
  if (type === "http" && port === 443) {
    const message = "443 is the port of HTTPS, and this check speaks plain HTTP: type: https?";
    problems.warn(...placeOf(check, "port"), message);
  }
}

/** Keys that read as if TLS were spoken. */
function warnOfIdleTls({ values }: CheckSection, problems: ProblemList): void {
  const { type, params } = values;
  if (type !== "tcp" || params.values.ssl) return;
  for (const key of ["server-name", "insecure-skip-verify"] as const) {
    if (params.places[key] === undefined) continue;
    problems.warn(...placeOf(params, key), "has no effect without ssl: true");
  }
}

/** Probes of a backend never overlap, so that a slow one delays the next. */
function warnOfTimeout(check: CheckSection, problems: ProblemList): void {
  const { places, values } = check;
  const { timeout, interval } = values;
  const key = places.timeout === undefined ? "interval" : "timeout";
  if (places[key] === undefined || timeout < interval) return;
  const shown = (key: "timeout" | "interval") =>
    `${formatDuration(values[key])}${places[key] === undefined ? " (the default)" : ""}`;
  const message = `the timeout, ${shown("timeout")}, is not below the interval, ` +
    `${shown("interval")}: a probe that gets no answer holds up the next`;
  problems.warn(...placeOf(check, key), message);
}

function warnOfShortIntervals(check: CheckSection, problems: ProblemList): void {
  for (const key of ["interval", "fast-interval", "down-interval"] as const) {
    const interval = check.values[key];
    if (interval === undefined || interval >= shortestIntervalMs) continue;
    const perSecond = Math.round(1000 / interval);
    const shown = formatDuration(interval);
    const message = `${shown} means ${perSecond} probes a second for each backend`;
    problems.warn(...placeOf(check, key), message);
  }
}

/** One of `maglev.healthchecks` as it is compared. */
export function checkTexts(
  check: HealthCheck,
): Texts<Exclude<keyof CheckSection["values"], "params">> {
  return {
    type: check.type,
    port: "port" in check ? `${check.port}` : undefined,
    interval: formatDuration(check.intervalMs),
    "fast-interval": intervalText(check, check.fastIntervalMs),
    "down-interval": intervalText(check, check.downIntervalMs),
    timeout: formatDuration(check.timeoutMs),
    rise: `${check.rise}`,
    fall: `${check.fall}`,
    "probe-ipv4-src": check.probeIpv4Source?.text,
    "probe-ipv6-src": check.probeIpv6Source?.text,
    flap: check.flap ? flapText(check.flap) : "never",
    ...paramTexts(check),
  };
}

/** Not given, these follow the interval: a change of it is one change and not three. */
function intervalText({ intervalMs }: CheckTiming, ms: number): string {
  return ms === intervalMs ? "as interval" : formatDuration(ms);
}

/** A health check's `flap` as one text. */
export function flapText({ changes, withinMs, holdMs, maxHoldMs }: FlapRule): string {
  const [within, hold, maxHold] = [withinMs, holdMs, maxHoldMs].map(formatDuration);
  return `${changes} within ${within}, hold ${hold} to ${maxHold}`;
}
