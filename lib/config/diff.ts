import type { Steps } from "../time/mod.ts";
import type { HealthCheck, Texts } from "./check_types.ts";
import { formatDuration } from "./duration.ts";
import { checkTexts } from "./health_check.ts";
import { show } from "./problems.ts";
import type { BackendSection, FrontendSection, LbSection, MaglevSection } from "./schema.ts";
import type { Backend, Config, Frontend, Pool } from "./types.ts";

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
    ...settings.flatMap(([kind, textsOf]): ConfigChange[] => {
      const details = differences(textsOf(before), textsOf(after));
      return details.length > 0 ? [{ kind, change: "changed", name: "", details }] : [];
    }),
    ...yield* changesOf("healthcheck", checks, {
      summary: ({ type }) => `type ${type}`,
      compare: (one, other) => differences(checkTexts(one), checkTexts(other)),
    }),
    ...yield* changesOf("backend", backends, {
      summary: ({ address }) => `address ${address.text}`,
      compare: (one, other) => [
        ...differences(backendTexts(one), backendTexts(other)),
        ...difference("healthcheck", checks.nameNow(one.healthcheck), other.healthcheck),
      ],
    }),
    ...yield* changesOf("frontend", frontends, {
      summary: vipText,
      compare: (one, other) => [
        ...differences(frontendTexts(one), frontendTexts(other)),
        ...poolDifferences(one.pools, other.pools, backends.nameNow),
      ],
    }),
  ];
}

/** What there is one of, and its values. */
const settings = [
  ["healthchecker", healthcheckerTexts],
  ["safety", safetyTexts],
  ["vpp", lbTexts],
] as const;

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
    else gone.getOrInsertComputed(keyBefore(one), () => []).push(one);
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
  return (of) => keys.getOrInsertComputed(textOf(of), () => `${keys.size}`);
}

/** All that a health check does. */
function checkText(check: HealthCheck): string {
  return Object.values(checkTexts(check)).join("\n");
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
  const added = to.filter((name) => !olds.has(name));
  // A pool that is put before others takes their traffic.
  if ([...stayed, ...added].join(" ") !== to.join(" ")) {
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

/** The values of a section as texts, by their keys, but for what is compared on its own. */
type TextsOf<S extends { readonly values: object }, Apart extends string = never> = Texts<
  Exclude<keyof S["values"] & string, Apart>
>;

function healthcheckerTexts(
  { transitionHistory, stateMaxAgeMs, netns }: Config,
): TextsOf<MaglevSection["values"]["healthchecker"]> {
  return {
    "transition-history": `${transitionHistory}`,
    "state-max-age": formatDuration(stateMaxAgeMs),
    netns: netns || "none",
  };
}

function safetyTexts({ maxRemovalsPercent }: Config): TextsOf<MaglevSection["values"]["safety"]> {
  return { "max-removals": `${maxRemovalsPercent}%` };
}

function lbTexts({ lb }: Config): TextsOf<LbSection> {
  return {
    "ipv4-src-address": lb.ipv4Source.text,
    "ipv6-src-address": lb.ipv6Source.text,
    "sync-interval": formatDuration(lb.syncIntervalMs),
    "sticky-buckets-per-core": `${lb.stickyBucketsPerCore}`,
    buckets: `${lb.buckets}`,
    "flow-timeout": formatDuration(lb.flowTimeoutSeconds * 1000),
    "startup-min-delay": formatDuration(lb.startupMinDelayMs),
    "startup-max-delay": formatDuration(lb.startupMaxDelayMs),
  };
}

function backendTexts({ address, enabled }: Backend): TextsOf<BackendSection, "healthcheck"> {
  return { address: address.text, enabled: `${enabled}` };
}

function frontendTexts(frontend: Frontend): TextsOf<FrontendSection, "pools"> {
  return {
    description: show(frontend.description),
    address: frontend.address.text,
    protocol: frontend.protocol,
    port: `${frontend.port}`,
    "src-ip-sticky": `${frontend.srcIpSticky}`,
    "flush-on-down": `${frontend.flushOnDown}`,
    "drain-deadline": formatDuration(frontend.drainDeadlineMs),
    "slow-start": formatDuration(frontend.slowStartMs),
    "fail-open": failOpenText(frontend.failOpen),
  };
}

/** A frontend's `fail-open` as the file has it. */
export function failOpenText(failOpen: Frontend["failOpen"]): string {
  return typeof failOpen === "number" ? `${failOpen}%` : failOpen;
}

/** `interval 2s -> 5s` for each that differs. */
function differences(before: Texts, after: Texts): string[] {
  return Object.keys(after).flatMap((key) => difference(key, before[key], after[key]));
}

/** `interval 2s -> 5s`, or nothing. */
function difference(name: string, from = "unset", to = "unset"): string[] {
  return from === to ? [] : [`${name} ${from} -> ${to}`];
}
