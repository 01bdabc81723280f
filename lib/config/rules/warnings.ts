import { childPath } from "../path.ts";
import type { ProblemList } from "../problem_list.ts";
import type { MaglevSpec } from "../schema.ts";
import type { HealthCheckSpec } from "../schema/health_check.ts";
import type { PoolSpec } from "../schema/frontend.ts";
import type { SectionOf } from "../spec.ts";
import {
  countWeights,
  enoughBuckets,
  serversOf,
  sumOf,
  usefulDivisor,
  type WeightCounts,
  wrongShare,
} from "./shares.ts";

type Values = SectionOf<MaglevSpec>["values"];
type PoolSection = SectionOf<PoolSpec>;

/** Notes what a valid file says in vain. Only what is certain: nobody reads warnings that may be. */
export function findWarnings(values: Values, problems: ProblemList): void {
  warnOfUnused(values, problems);
  for (const check of values.healthchecks.values()) warnOfIdleTls(check, problems);
  const { buckets } = values.vpp.values.lb.values;
  // A pool that several frontends take over by an alias is one place.
  const seen = new Set<number>();
  for (const pool of [...values.frontends.values()].flatMap((one) => one.values.pools)) {
    if (!seen.has(pool.at)) warnOfWeights(pool, buckets, problems);
    seen.add(pool.at);
  }
}

function warnOfUnused({ healthchecks, backends, frontends }: Values, problems: ProblemList): void {
  const checks = new Set(Array.from(backends.values(), (one) => one.values.healthcheck));
  for (const [name, { at, path }] of healthchecks) {
    if (!checks.has(name)) problems.warn(at, path, "no backend uses this health check");
  }
  const members = new Set<string>();
  for (const pool of [...frontends.values()].flatMap((one) => one.values.pools)) {
    for (const name of pool.values.backends.keys()) members.add(name);
  }
  for (const [name, { at, path }] of backends) {
    if (!members.has(name)) {
      problems.warn(at, path, "no frontend uses this backend: it is probed for nothing");
    }
  }
}

/** Keys that read as if TLS were spoken. */
function warnOfIdleTls({ values }: SectionOf<HealthCheckSpec>, problems: ProblemList): void {
  const { type, params } = values;
  if (type !== "tcp" || params.values.ssl) return;
  for (const key of ["server-name", "insecure-skip-verify"] as const) {
    const at = params.places[key];
    if (at === undefined) continue;
    problems.warn(at, childPath(params.path, key), "has no effect without ssl: true");
  }
}

/** What the weights of a pool cannot bring about while it is the active one. */
function warnOfWeights(pool: PoolSection, buckets: number, problems: ProblemList): void {
  const members = pool.values.backends.values();
  const counts = countWeights(Array.from(members, (one) => one.values.weight));
  const message = counts.size === 0
    ? "every weight is 0: this pool carries no traffic"
    : shareWarning(counts, buckets);
  if (message === undefined) return;
  problems.warn(pool.places.backends ?? pool.at, childPath(pool.path, "backends"), message);
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
