import { formatDuration } from "../duration.ts";
import { childPath } from "../path.ts";
import type { ProblemList } from "../problem_list.ts";
import type { CheckSection } from "../healthcheck_schema.ts";
import type { MaglevSection } from "../schema.ts";

type Values = MaglevSection["values"];

/** Milliseconds: below it each backend is probed more than ten times a second. */
const shortestIntervalMs = 100;

/** Notes what a health check says and hardly means. */
export function warnOfCheck(check: CheckSection, problems: ProblemList): void {
  warnOfIdleTls(check, problems);
  warnOfTimeout(check, problems);
  warnOfShortIntervals(check, problems);
  const { type, port } = check.values;
  if (type === "http" && port === 443) {
    const message = "443 is the port of HTTPS, and this check speaks plain HTTP: type: https?";
    problems.warn(check.places.port ?? check.at, childPath(check.path, "port"), message);
  }
}

/** Keys that read as if TLS were spoken. */
function warnOfIdleTls({ values }: CheckSection, problems: ProblemList): void {
  const { type, params } = values;
  if (type !== "tcp" || params.values.ssl) return;
  for (const key of ["server-name", "insecure-skip-verify"] as const) {
    const at = params.places[key];
    if (at === undefined) continue;
    problems.warn(at, childPath(params.path, key), "has no effect without ssl: true");
  }
}

/** Probes of a backend never overlap, so that a slow one delays the next. */
function warnOfTimeout({ path, places, values }: CheckSection, problems: ProblemList): void {
  const key = places.timeout === undefined ? "interval" : "timeout";
  const at = places[key];
  const { timeout, interval } = values;
  if (at === undefined || timeout < interval) return;
  const shown = (key: "timeout" | "interval") =>
    `${formatDuration(values[key])}${places[key] === undefined ? " (the default)" : ""}`;
  const message = `the timeout, ${shown("timeout")}, is not below the interval, ` +
    `${shown("interval")}: a probe that gets no answer holds up the next`;
  problems.warn(at, childPath(path, key), message);
}

function warnOfShortIntervals({ path, places, values }: CheckSection, problems: ProblemList): void {
  for (const key of ["interval", "fast-interval", "down-interval"] as const) {
    const at = places[key];
    const interval = values[key];
    if (at === undefined || interval === undefined || interval >= shortestIntervalMs) continue;
    const perSecond = Math.round(1000 / interval);
    const message = `${
      formatDuration(interval)
    } means ${perSecond} probes a second for each backend`;
    problems.warn(at, childPath(path, key), message);
  }
}

/**
 * A port that all servers are probed on and none is used on. One frontend on another port may have
 * a health port of its own; where nothing at all is served on it, it is as likely a slip, and the
 * probes say nothing of the service.
 */
export function warnOfIdlePort(
  { healthchecks, backends, frontends }: Values,
  members: ReadonlySet<string>,
  problems: ProblemList,
): void {
  const checks = new Set(
    Array.from(members, (name) => backends.get(name)?.values.healthcheck ?? ""),
  );
  const used = Array.from(checks, (name) => healthchecks.get(name)).filter((one) => !!one);
  const [first, ...others] = used;
  const port = first?.values.port;
  if (!first || port === undefined || others.some((one) => one.values.port !== port)) return;
  const served = new Set(Array.from(frontends.values(), (one) => one.values.port));
  if (served.has(0) || served.has(port)) return;
  const ports = [...served].sort((a, b) => a - b).slice(0, 4).join(", ");
  const message = `every server is probed on ${port}, which no frontend has (they have ${ports}` +
    `${served.size > 4 ? ", …" : ""}): probes do not tell whether the service answers`;
  problems.warn(first.places.port ?? first.at, childPath(first.path, "port"), message);
}
