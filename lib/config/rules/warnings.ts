import { warnOfCheck } from "../health_check.ts";
import { placeOf, type ProblemList, show } from "../problems.ts";
import type { FrontendSection, MaglevSection, PoolSection } from "../schema.ts";
import {
  countWeights,
  enoughBuckets,
  serversOf,
  sumOf,
  usefulDivisor,
  type WeightCounts,
  wrongShare,
} from "./shares.ts";

type Values = MaglevSection["values"];

/**
 * Notes what a valid file says in vain, or hardly means. Only what is certain: nobody reads warnings
 * that may be.
 */
export function findWarnings(values: Values, problems: ProblemList): void {
  const members = membersOf(values);
  warnOfUnused(values, members, problems);
  for (const check of values.healthchecks.values()) warnOfCheck(check, problems);
  warnOfIdlePort(values, members, problems);
  for (const one of values.frontends.values()) warnOfNoFallback(one, values.backends, problems);
  const { buckets } = values.vpp.values.lb.values;
  // A pool that several frontends take over by an alias is one place.
  const seen = new Set<number>();
  for (const pool of [...values.frontends.values()].flatMap((one) => one.values.pools)) {
    if (!seen.has(pool.at)) warnOfWeights(pool, buckets, problems);
    seen.add(pool.at);
  }
}

/** The backends that some frontend uses. */
function membersOf({ frontends }: Values): ReadonlySet<string> {
  const pools = [...frontends.values()].flatMap((one) => one.values.pools);
  return new Set(pools.flatMap((pool) => [...pool.values.backends.keys()]));
}

function warnOfUnused(
  { healthchecks, backends }: Values,
  members: ReadonlySet<string>,
  problems: ProblemList,
): void {
  const checks = new Set(Array.from(backends.values(), (one) => one.values.healthcheck));
  for (const [name, { at, path }] of healthchecks) {
    if (!checks.has(name)) problems.warn(at, path, "no backend uses this health check");
  }
  for (const [name, { at, path }] of backends) {
    if (!members.has(name)) {
      problems.warn(at, path, "no frontend uses this backend: it is probed for nothing");
    }
  }
}

/**
 * A VIP that nothing takes over: a single server carries it, or a single pool, and `fail-open` does not
 * say what is to happen when all of it is down.
 */
function warnOfNoFallback(
  frontend: FrontendSection,
  backends: Values["backends"],
  problems: ProblemList,
): void {
  const { values, places } = frontend;
  const able = values.pools.map((pool) => ({
    name: pool.values.name ?? "",
    servers: [...pool.values.backends]
      .filter(([name, { values }]) => values.weight > 0 && backends.get(name)?.values.enabled)
      .map(([name]) => name),
  })).filter(({ servers }) => servers.length > 0);
  const [pool, ...others] = able;
  if (!pool || others.length > 0) return;
  const [only = "", ...more] = pool.servers;
  if (more.length > 0 && places["fail-open"] !== undefined) return;
  const message = more.length === 0
    ? `${show(only)} alone can carry traffic, and nothing answers while it is down`
    : `nothing answers when all of ${
      show(pool.name)
    } is down; add a pool, or fail-open: all-down, ` +
      "or never if that is meant";
  problems.warn(...placeOf(frontend, "pools"), `without a fallback: ${message}`);
}

/** What the weights of a pool cannot bring about while it is the active one. */
function warnOfWeights(pool: PoolSection, buckets: number, problems: ProblemList): void {
  const members = pool.values.backends.values();
  const counts = countWeights(Array.from(members, (one) => one.values.weight));
  const message = counts.size === 0
    ? "every weight is 0: this pool carries no traffic"
    : shareWarning(counts, buckets);
  if (message === undefined) return;
  problems.warn(...placeOf(pool, "backends"), message);
}

function shareWarning(counts: WeightCounts, buckets: number): string | undefined {
  const sum = sumOf(counts);
  // Up to here a server gets two rounds at least, and so some share of the right order.
  if (sum <= buckets / 2) return undefined;
  const fault = shareFault(counts, buckets);
  return fault && `the weights add up to ${sum}, which ${buckets} buckets cannot keep in ` +
      `proportion: ${fault}; ${remedy(counts, buckets)}`;
}

function shareFault(counts: WeightCounts, buckets: number): string | undefined {
  const servers = serversOf(counts);
  if (servers > buckets) return `of ${servers} servers some get none`;
  const wrong = wrongShare(counts, buckets);
  return wrong && `a weight of ${wrong.weight} gets ${Math.round(wrong.buckets)} of them, ` +
      `not ${Math.round(wrong.fair)}`;
}

function remedy(counts: WeightCounts, buckets: number): string {
  const enough = enoughBuckets(counts, buckets);
  const divisor = usefulDivisor(counts, buckets);
  const remedies = [
    ...(enough === undefined ? [] : [`vpp.lb.buckets: ${enough} can`]),
    ...(divisor === undefined ? [] : [`the same weights divided by ${divisor} can`]),
  ];
  return remedies.length > 0 ? remedies.join(", or ") : "only smaller weights can";
}

/**
 * A port that all servers are probed on and none is used on. One frontend on another port may have
 * a health port of its own; where nothing at all is served on it, it is as likely a slip, and the
 * probes say nothing of the service.
 */
function warnOfIdlePort(
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
  problems.warn(...placeOf(first, "port"), message);
}
