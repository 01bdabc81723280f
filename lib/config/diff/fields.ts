/**
 * What of a configuration is compared, under the names that the file has for it, and how it reads.
 *
 * @module
 */

import { formatDuration } from "../duration.ts";
import { show } from "../path.ts";
import type {
  Backend,
  CheckTiming,
  Config,
  FlapRule,
  Frontend,
  HealthCheck,
  LbConfig,
} from "../types.ts";

/** One thing that can differ: its name, and its value as text. */
export type Field<T> = readonly [name: string, textOf: (of: T) => string];

/** `maglev.healthchecker`. */
export const healthcheckerFields: readonly Field<Config>[] = [
  ["transition-history", (config) => `${config.transitionHistory}`],
  ["state-max-age", (config) => formatDuration(config.stateMaxAgeMs)],
  ["netns", ({ netns }) => netns === "" ? "none" : netns],
];

/** `maglev.safety`. */
export const safetyFields: readonly Field<Config>[] = [
  ["max-removals", ({ maxRemovalsPercent }) => `${maxRemovalsPercent}%`],
];

/** `maglev.vpp.lb`. */
export const lbFields: readonly Field<LbConfig>[] = [
  ["ipv4-src-address", (lb) => lb.ipv4Source.text],
  ["ipv6-src-address", (lb) => lb.ipv6Source.text],
  ["sync-interval", (lb) => formatDuration(lb.syncIntervalMs)],
  ["sticky-buckets-per-core", (lb) => `${lb.stickyBucketsPerCore}`],
  ["buckets", (lb) => `${lb.buckets}`],
  ["flow-timeout", (lb) => formatDuration(lb.flowTimeoutSeconds * 1000)],
  ["startup-min-delay", (lb) => formatDuration(lb.startupMinDelayMs)],
  ["startup-max-delay", (lb) => formatDuration(lb.startupMaxDelayMs)],
];

/** One of `maglev.healthchecks`; what its type does not know is unset. */
export const checkFields: readonly Field<HealthCheck>[] = [
  ["type", (check) => check.type],
  ["port", (check) => check.type === "icmp" ? unset : `${check.port}`],
  ["interval", (check) => formatDuration(check.intervalMs)],
  ["fast-interval", (check) => intervalText(check, check.fastIntervalMs)],
  ["down-interval", (check) => intervalText(check, check.downIntervalMs)],
  ["timeout", (check) => formatDuration(check.timeoutMs)],
  ["rise", (check) => `${check.rise}`],
  ["fall", (check) => `${check.fall}`],
  ["probe-ipv4-src", (check) => check.probeIpv4Source?.text ?? unset],
  ["probe-ipv6-src", (check) => check.probeIpv6Source?.text ?? unset],
  ["flap", ({ flap }) => flap ? flapText(flap) : "never"],
  ["path", (check) => "path" in check ? show(check.path) : unset],
  ["host", (check) => "host" in check && check.host ? show(check.host) : unset],
  ["response-code", responseCodeText],
  [
    "response-regexp",
    (check) =>
      "responseRegexp" in check && check.responseRegexp ? show(check.responseRegexp) : unset,
  ],
  ["ssl", (check) => check.type === "tcp" ? `${check.tls !== undefined}` : unset],
  ["server-name", (check) => tlsOf(check)?.serverName ?? unset],
  ["insecure-skip-verify", (check) => `${tlsOf(check)?.insecureSkipVerify ?? unset}`],
];

/** One of `maglev.backends`. */
export const backendFields: readonly Field<Backend>[] = [
  ["address", (backend) => backend.address.text],
  ["enabled", (backend) => `${backend.enabled}`],
];

/** One of `maglev.frontends`, without its pools. */
export const frontendFields: readonly Field<Frontend>[] = [
  ["description", (frontend) => show(frontend.description)],
  ["address", (frontend) => frontend.address.text],
  ["protocol", (frontend) => frontend.protocol],
  ["port", (frontend) => `${frontend.port}`],
  ["src-ip-sticky", (frontend) => `${frontend.srcIpSticky}`],
  ["flush-on-down", (frontend) => `${frontend.flushOnDown}`],
  ["drain-deadline", (frontend) => formatDuration(frontend.drainDeadlineMs)],
  ["slow-start", (frontend) => formatDuration(frontend.slowStartMs)],
  ["fail-open", ({ failOpen }) => failOpenText(failOpen)],
];

/** A frontend's `fail-open` as the file has it. */
export function failOpenText(failOpen: Frontend["failOpen"]): string {
  return typeof failOpen === "number" ? `${failOpen}%` : failOpen;
}

/** `interval 2s -> 5s` for each field that differs. */
export function fieldDifferences<T>(
  fields: readonly Field<T>[],
  before: T,
  after: T,
): string[] {
  return fields.flatMap(([name, textOf]) => difference(name, textOf(before), textOf(after)));
}

/** `interval 2s -> 5s`, or nothing. */
export function difference(name: string, from: string, to: string): string[] {
  return from === to ? [] : [`${name} ${from} -> ${to}`];
}

/** A health check's `flap` as one text. */
export function flapText({ changes, withinMs, holdMs, maxHoldMs }: FlapRule): string {
  const [within, hold, maxHold] = [withinMs, holdMs, maxHoldMs].map(formatDuration);
  return `${changes} within ${within}, hold ${hold} to ${maxHold}`;
}

const unset = "unset";

/** Not given, these follow the interval: a change of it is one change and not three. */
function intervalText({ intervalMs }: CheckTiming, ms: number): string {
  return ms === intervalMs ? "as interval" : formatDuration(ms);
}

function responseCodeText(check: HealthCheck): string {
  if (!("responseCodeMin" in check)) return unset;
  const { responseCodeMin: min, responseCodeMax: max } = check;
  return min === max ? `${min}` : `${min}-${max}`;
}

function tlsOf(check: HealthCheck) {
  return check.type === "icmp" ? undefined : check.tls;
}
