import { warnOfCheck } from "../health_check.ts";
import { placeOf, type ProblemList, show } from "../problems.ts";
import {
  type FrontendSection,
  type MaglevSection,
  mostBuckets,
  type PoolSection,
} from "../schema.ts";

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
  warnOfMemory(values, problems);
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

/** VPP's main heap unless its startup.conf says otherwise. */
const defaultHeapBytes = 2 ** 30;

/** Of one slot of a VIP's table. */
const slotBytes = 4;

/** VPP aborts when its heap is full, and again after each restart when it is programmed anew. */
function warnOfMemory({ frontends, vpp: { values } }: Values, problems: ProblemList): void {
  const { buckets } = values.lb.values;
  const bytes = frontends.size * buckets * slotBytes;
  if (bytes <= defaultHeapBytes / 2) return;
  const message =
    `the tables of ${frontends.size} frontends take ${Math.ceil(bytes / 2 ** 20)} MiB ` +
    "of VPP's main heap, which has 1024 MiB by default: VPP aborts when it is full, see " +
    "main-heap-size in its startup.conf";
  problems.warn(...placeOf(values.lb, "buckets"), message);
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

/** A share may be off by this part of itself, no more than hashing a few hundred flows does. */
const tolerance = 0.05;

/** How many servers have a weight, by weight; those of weight 0 do not count. */
type WeightCounts = ReadonlyMap<number, number>;

/** Counts the servers of each weight, in the order of weights. */
export function countWeights(weights: Iterable<number>): WeightCounts {
  const counts = new Map<number, number>();
  for (const weight of [...weights].sort((a, b) => a - b)) {
    if (weight > 0) counts.set(weight, (counts.get(weight) ?? 0) + 1);
  }
  return counts;
}

/** Sum of all weights. */
function sumOf(counts: WeightCounts): number {
  let sum = 0;
  for (const [weight, servers] of counts) sum += weight * servers;
  return sum;
}

/** Number of servers. */
function serversOf(counts: WeightCounts): number {
  let all = 0;
  for (const servers of counts.values()) all += servers;
  return all;
}

/**
 * The buckets that a server of each weight gets, by weight: the average, where only some of them
 * have the table's last bucket. A server of weight w takes w turns in a round; the first turns of all
 * come first, then the second ones, and so on, round after round until the table is full. Where it is
 * full within a round, servers of a large weight have not had all of their turns (lb.c,
 * lb_vip_update_new_flow_table).
 */
export function bucketsByWeight(
  counts: WeightCounts,
  buckets: number,
): ReadonlyMap<number, number> {
  const sum = sumOf(counts);
  const rounds = Math.floor(buckets / sum);
  const shares = new Map<number, number>();
  let left = buckets - rounds * sum;
  let takers = serversOf(counts);
  let extra = 0;
  let turns = 0;
  for (const [weight, servers] of counts) {
    // The turns that this weight still has, and no lighter one.
    const taken = Math.min(left, takers * (weight - turns));
    extra += taken / takers;
    left -= taken;
    shares.set(weight, weight * rounds + extra);
    takers -= servers;
    turns = weight;
  }
  return shares;
}

/** A server whose share is not what its weight promises. */
interface WrongShare {
  readonly weight: number;
  /** What it gets. */
  readonly buckets: number;
  /** What would be in proportion. */
  readonly fair: number;
}

/**
 * The weight whose share is furthest off, unless all are near enough or within one bucket; then the
 * first that a lighter one has the same share as.
 */
export function wrongShare(counts: WeightCounts, buckets: number): WrongShare | undefined {
  const sum = sumOf(counts);
  let worst: WrongShare | undefined;
  let worstOff = tolerance;
  for (const [weight, got] of bucketsByWeight(counts, buckets)) {
    const fair = buckets * weight / sum;
    const off = Math.abs(got - fair) / fair;
    if (Math.abs(got - fair) <= 1 || off <= worstOff) continue;
    worst = { weight, buckets: got, fair };
    worstOff = off;
  }
  return worst ?? sameShare(counts, buckets);
}

/** A weight that is told from no lighter one: the table was full before its turns began to differ. */
function sameShare(counts: WeightCounts, buckets: number): WrongShare | undefined {
  let lighter: number | undefined;
  for (const [weight, got] of bucketsByWeight(counts, buckets)) {
    if (got === lighter) return { weight, buckets: got, fair: buckets * weight / sumOf(counts) };
    lighter = got;
  }
  return undefined;
}

/** The shortest table, longer than `buckets`, with which no share is wrong and none is empty. */
export function enoughBuckets(counts: WeightCounts, buckets: number): number | undefined {
  for (let more = buckets * 2; more <= mostBuckets; more *= 2) {
    if (shareFault(counts, more) === undefined) return more;
  }
  return undefined;
}

/** What all weights can be divided by to be in proportion; undefined when that does not help. */
export function usefulDivisor(counts: WeightCounts, buckets: number): number | undefined {
  const divisor = [...counts.keys()].reduce(gcd, 0);
  const divided = new Map([...counts].map(([weight, servers]) => [weight / divisor, servers]));
  return shareFault(divided, buckets) === undefined ? divisor : undefined;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
