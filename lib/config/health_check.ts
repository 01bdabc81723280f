import type { IpAddress } from "../ip/mod.ts";
import {
  checkOfType,
  type CheckType,
  checkType,
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

/** When a backend changes so often that it stays down for a while. Durations are milliseconds. */
export interface FlapRule {
  /** So many changes between up and down, at least 2. */
  readonly changes: number;
  /** Within this time. */
  readonly withinMs: number;
  /** How long it stays down the first time; doubled each time after that. */
  readonly holdMs: number;
  /** The longest that it stays down. */
  readonly maxHoldMs: number;
}

/** What every health check has. Durations are milliseconds, possibly with fractions. */
export interface CheckTiming {
  /** Unique among its kind. */
  readonly name: string;
  /** Between probes of a healthy backend. */
  readonly intervalMs: number;
  /** Between probes while unknown or between the extremes. */
  readonly fastIntervalMs: number;
  /** Between probes of a backend that is fully down. */
  readonly downIntervalMs: number;
  /** The deadline of one probe, everything included. */
  readonly timeoutMs: number;
  /** Passes in a row that bring a dead backend up. */
  readonly rise: number;
  /** Failures in a row that take a healthy backend down. */
  readonly fall: number;
  /** When a backend that changes too often stays down for a while; undefined is never. */
  readonly flap?: FlapRule | undefined;
  /** Source of probes to IPv4 backends; undefined is the kernel's choice. */
  readonly probeIpv4Source: IpAddress | undefined;
  /** Source of probes to IPv6 backends; undefined is the kernel's choice. */
  readonly probeIpv6Source: IpAddress | undefined;
}

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
