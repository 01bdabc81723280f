import { atOnce, type Steps } from "../time/mod.ts";
import { formatDuration } from "./duration.ts";
import { show } from "./problems.ts";
import type {
  Backend,
  CheckTiming,
  Config,
  FlapRule,
  Frontend,
  HealthCheck,
  LbConfig,
  Pool,
} from "./types.ts";

/** One difference between two configurations. */
export interface ConfigChange {
  /** What kind of thing it is about. */
  readonly kind: "frontend" | "backend" | "healthcheck" | "vpp" | "healthchecker" | "safety";
  /** What became of it. */
  readonly change: "added" | "removed" | "changed" | "renamed";
  /** Its name, the new one if it has another; empty for what there is one of. */
  readonly name: string;
  /** What differs, such as `interval 2s -> 5s`; of what is new or gone, what it is. A few at most. */
  readonly details: readonly string[];
}

/** Details of one change. A pool may have thousands of members. */
const maxDetails = 20;

/** What {@link configDiffSteps} finds, all at once: 10,000 backends take some 10 ms. */
export function configDiff(before: Config, after: Config): readonly ConfigChange[] {
  return atOnce(configDiffSteps(before, after));
}

/**
 * What differs between two configurations: settings, health checks, backends and frontends, each
 * in the file's order behind those that are gone. Something that only has another name is one
 * change, and none to what refers to it: a health check that does the same, a backend at the same
 * address and probed in the same way, a frontend on the same VIP.
 */
export function* configDiffSteps(before: Config, after: Config): Steps<readonly ConfigChange[]> {
  const checkKey = interned(checkText);
  const checks = yield* pair(before.healthchecks, after.healthchecks, checkKey, checkKey);
  const backends = yield* pair(
    before.backends,
    after.backends,
    backendKey(before, checkKey),
    backendKey(after, checkKey),
  );
  const frontends = yield* pair(before.frontends, after.frontends, vipText, vipText);
  return [
    ...settings("healthchecker", fieldDifferences(healthcheckerFields, before, after)),
    ...settings("safety", fieldDifferences(safetyFields, before, after)),
    ...settings("vpp", fieldDifferences(lbFields, before.lb, after.lb)),
    ...yield* changesOf("healthcheck", checks, {
      summary: ({ type }) => `type ${type}`,
      compare: (one, other) => fieldDifferences(checkFields, one, other),
    }),
    ...yield* changesOf("backend", backends, {
      summary: ({ address }) => `address ${address.text}`,
      compare: (one, other) => [
        ...fieldDifferences(backendFields, one, other),
        ...difference("healthcheck", checks.nameNow(one.healthcheck), other.healthcheck),
      ],
    }),
    ...yield* changesOf("frontend", frontends, {
      summary: vipText,
      compare: (one, other) => [
        ...fieldDifferences(frontendFields, one, other),
        ...poolDifferences(one.pools, other.pools, backends.nameNow),
      ],
    }),
  ];
}

function settings(
  kind: "healthchecker" | "safety" | "vpp",
  details: readonly string[],
): ConfigChange[] {
  return details.length > 0 ? [{ kind, change: "changed", name: "", details }] : [];
}

/** What two sections with the same kind of thing have to do with each other. */
interface Pairing<T> {
  readonly after: ReadonlyMap<string, T>;
  /** What was there before, by its name after. */
  readonly before: ReadonlyMap<string, T>;
  readonly removed: readonly T[];
  /** What something is called after, by its name before. */
  readonly nameNow: (name: string) => string;
}

interface Named {
  readonly name: string;
}

/** Tells what is the same thing under another name. */
type KeyOf<T> = (of: T) => string;

/** Pairs by name, and what is left by key, the first with the first. */
function* pair<T extends Named>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  keyBefore: KeyOf<T>,
  keyAfter: KeyOf<T>,
): Steps<Pairing<T>> {
  const partners = new Map<string, T>();
  const gone = new Map<string, T[]>();
  for (const [name, one] of before) {
    if (after.has(name)) partners.set(name, one);
    else getOrMake(gone, keyBefore(one)).push(one);
    yield;
  }
  const renamed = new Map<string, string>();
  for (const [name, other] of after) {
    const one = before.has(name) ? undefined : gone.get(keyAfter(other))?.shift();
    if (one) {
      renamed.set(one.name, name);
      partners.set(name, one);
    }
    yield;
  }
  const removed = [...gone.values()].flat();
  return { after, before: partners, removed, nameNow: (name) => renamed.get(name) ?? name };
}

function getOrMake<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

interface Telling<T> {
  /** What something new or gone is. */
  readonly summary: (of: T) => string;
  readonly compare: (before: T, after: T) => string[];
}

function* changesOf<T extends Named>(
  kind: ConfigChange["kind"],
  { before, after, removed }: Pairing<T>,
  { summary, compare }: Telling<T>,
): Steps<ConfigChange[]> {
  const changes: ConfigChange[] = [];
  for (const one of removed) {
    changes.push({ kind, change: "removed", name: one.name, details: [summary(one)] });
    yield;
  }
  for (const [name, other] of after) {
    const one = before.get(name);
    if (!one) changes.push({ kind, change: "added", name, details: [summary(other)] });
    else {
      const details = bounded(compare(one, other));
      if (one.name !== name) {
        changes.push({ kind, change: "renamed", name, details: [`from ${one.name}`, ...details] });
      } else if (details.length > 0) changes.push({ kind, change: "changed", name, details });
    }
    yield;
  }
  return changes;
}

function bounded(details: string[]): string[] {
  const more = details.length - maxDetails;
  return more > 0 ? [...details.slice(0, maxDetails), `and ${more} more`] : details;
}

/** Short keys for long texts: equal ones for equal texts. */
function interned<T>(textOf: (of: T) => string): KeyOf<T> {
  const keys = new Map<string, string>();
  return (of) => {
    const text = textOf(of);
    const key = keys.get(text) ?? `${keys.size}`;
    keys.set(text, key);
    return key;
  };
}

/** All that a health check does. */
function checkText(check: HealthCheck): string {
  return checkFields.map(([, textOf]) => textOf(check)).join("\n");
}

/** Where a backend is and how it is probed, whatever the check is called. */
function backendKey({ healthchecks }: Config, checkKey: KeyOf<HealthCheck>): KeyOf<Backend> {
  const keys = new Map(Array.from(healthchecks, ([name, check]) => [name, checkKey(check)]));
  return ({ address, healthcheck }) => `${address.text} ${keys.get(healthcheck)}`;
}

/** `192.0.2.1 tcp port 80`. */
function vipText({ address, protocol, port }: Frontend): string {
  return `${address.text} ${port === 0 ? "all ports" : `${protocol} port ${port}`}`;
}

/** Differences between the pools of a frontend. `nameNow` tells what a backend is called by now. */
function poolDifferences(
  before: readonly Pool[],
  after: readonly Pool[],
  nameNow: (backend: string) => string,
): string[] {
  const olds = new Map(before.map((pool) => [pool.name, pool]));
  const news = new Map(after.map((pool) => [pool.name, pool]));
  const differences: string[] = [];
  for (const name of olds.keys()) {
    if (!news.has(name)) differences.push(`pool ${name} removed`);
  }
  for (const [name, pool] of news) {
    const old = olds.get(name);
    if (!old) differences.push(`pool ${name} added`);
    differences.push(...memberDifferences(name, old, pool, nameNow));
  }
  const [from, to] = [[...olds.keys()], [...news.keys()]];
  const stayed = from.filter((name) => news.has(name));
  if (stayed.join(" ") !== to.filter((name) => olds.has(name)).join(" ")) {
    differences.push(`pools ${from.join(", ")} -> ${to.join(", ")}`);
  }
  return differences;
}

function memberDifferences(
  pool: string,
  before: Pool | undefined,
  after: Pool,
  nameNow: (backend: string) => string,
): string[] {
  const left = new Map(before?.backends.map(({ backend, weight }) => [nameNow(backend), weight]));
  const differences: string[] = [];
  for (const { backend, weight } of after.backends) {
    const from = left.get(backend);
    left.delete(backend);
    if (from === undefined) differences.push(`${backend} added to pool ${pool}, weight ${weight}`);
    else if (from !== weight) {
      differences.push(`weight of ${backend} in pool ${pool} ${from} -> ${weight}`);
    }
  }
  for (const backend of left.keys()) differences.push(`${backend} removed from pool ${pool}`);
  return differences;
}

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
