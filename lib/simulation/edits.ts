import type { Random } from "./random.ts";
import {
  firstIpv6Server,
  serverAddress,
  type Site,
  type SiteBackend,
  type SiteCheck,
  type SiteFrontend,
  vipAddress,
} from "./site.ts";

/** Servers that a site may use. */
const servers = 12;

/** One edit of the file: data, so that a history can be shortened without changing its meaning. */
export type Edit =
  | { readonly what: "site"; readonly change: Partial<Site> }
  | { readonly what: "check"; readonly check: string; readonly change: Partial<SiteCheck> }
  | { readonly what: "backend"; readonly backend: string; readonly change: Partial<SiteBackend> }
  | { readonly what: "frontend"; readonly frontend: string; readonly change: Partial<SiteFrontend> }
  | {
    readonly what: "toggle";
    readonly frontend: string;
    readonly setting: "sticky" | "flushOnDown";
  }
  | { readonly what: "rename"; readonly backend: string; readonly to: string }
  | { readonly what: "swap"; readonly backend: string; readonly other: string }
  | {
    readonly what: "weight";
    readonly frontend: string;
    readonly backend: string;
    readonly weight: number;
  }
  | { readonly what: "leave"; readonly frontend: string; readonly backend: string }
  | {
    readonly what: "join";
    readonly frontend: string;
    readonly backend: string;
    readonly pool: number;
  }
  | { readonly what: "add-backend"; readonly name: string; readonly server: number }
  | { readonly what: "drop-backend"; readonly name: string }
  | { readonly what: "add-frontend"; readonly name: string; readonly like: SiteFrontend }
  | { readonly what: "drop-frontend"; readonly name: string }
  | { readonly what: "rename-frontend"; readonly frontend: string; readonly to: string }
  | { readonly what: "swap-pools"; readonly frontend: string }
  | { readonly what: "nothing" };

/** Whether no server may lose traffic by this edit alone. */
export function keepsTraffic(edit: Edit): boolean {
  if (edit.what === "backend") return "check" in edit.change;
  if (edit.what === "frontend") return !("failOpen" in edit.change || "vip" in edit.change);
  return ["site", "check", "toggle", "rename", "rename-frontend", "nothing"].includes(edit.what);
}

/** The site after the edit; the same one if it makes no sense there. */
export function edited(site: Site, edit: Edit): Site {
  const next = applied(site, edit);
  return isValid(next) ? next : site;
}

function applied(site: Site, edit: Edit): Site {
  switch (edit.what) {
    case "site":
      return { ...site, ...edit.change };
    case "check":
      return withPart(site, "checks", edit.check, edit.change);
    case "backend":
      return withPart(site, "backends", edit.backend, edit.change);
    case "frontend":
      return withPart(site, "frontends", edit.frontend, edit.change);
    case "toggle": {
      const { frontend, setting } = edit;
      const change = { [setting]: !site.frontends[frontend]?.[setting] };
      return withPart(site, "frontends", frontend, change);
    }
    case "rename":
      return renamed(site, edit.backend, edit.to);
    case "swap": {
      const [a, b] = [site.backends[edit.backend], site.backends[edit.other]];
      if (!a || !b) return site;
      const moved = withPart(site, "backends", edit.backend, { server: b.server });
      return withPart(moved, "backends", edit.other, { server: a.server });
    }
    case "weight": {
      const { backend, weight } = edit;
      return withPools(
        site,
        edit.frontend,
        (pool) => backend in pool ? { ...pool, [backend]: weight } : pool,
      );
    }
    case "leave":
      return withPools(site, edit.frontend, (pool) => without(pool, edit.backend));
    case "join":
      return withPools(
        site,
        edit.frontend,
        (pool, index) =>
          index === edit.pool ? { ...pool, [edit.backend]: 100 } : without(pool, edit.backend),
      );
    case "add-backend": {
      const check = Object.keys(site.checks)[0] ?? "";
      const backend = { server: edit.server, check, enabled: true };
      return { ...site, backends: { ...site.backends, [edit.name]: backend } };
    }
    case "drop-backend": {
      let next = { ...site, backends: without(site.backends, edit.name) };
      for (const name of Object.keys(site.frontends)) {
        next = withPools(next, name, (pool) => without(pool, edit.name));
      }
      return next;
    }
    case "add-frontend":
      return { ...site, frontends: { ...site.frontends, [edit.name]: edit.like } };
    case "drop-frontend":
      return { ...site, frontends: without(site.frontends, edit.name) };
    case "rename-frontend": {
      const { [edit.frontend]: frontend, ...others } = site.frontends;
      if (!frontend || edit.to in site.frontends) return site;
      return { ...site, frontends: { ...others, [edit.to]: frontend } };
    }
    case "swap-pools": {
      const pools = site.frontends[edit.frontend]?.pools.toReversed();
      return pools ? withPart(site, "frontends", edit.frontend, { pools }) : site;
    }
    case "nothing":
      return site;
  }
}

type Part = "checks" | "backends" | "frontends";

/** The site with one of its parts changed, if there is such. */
function withPart<P extends Part>(
  site: Site,
  part: P,
  name: string,
  change: Partial<Site[P][string]>,
): Site {
  const parts: Readonly<Record<string, object>> = site[part];
  if (!(name in parts)) return site;
  return { ...site, [part]: { ...parts, [name]: { ...parts[name], ...change } } };
}

type Weights = SiteFrontend["pools"][number];

/** Pools that become empty go; a frontend without any goes as a whole. */
function withPools(site: Site, name: string, change: (pool: Weights, index: number) => Weights) {
  const pools = site.frontends[name]?.pools.map(change)
    .filter((pool) => Object.keys(pool).length > 0) ?? [];
  if (pools.length > 0) return withPart(site, "frontends", name, { pools });
  return { ...site, frontends: without(site.frontends, name) };
}

function renamed(site: Site, name: string, to: string): Site {
  const backend = site.backends[name];
  if (!backend || to in site.backends) return site;
  let next: Site = { ...site, backends: { ...without(site.backends, name), [to]: backend } };
  for (const frontend of Object.keys(site.frontends)) {
    next = withPools(
      next,
      frontend,
      (pool) =>
        Object.fromEntries(
          Object.entries(pool).map(([b, weight]) => [b === name ? to : b, weight]),
        ),
    );
  }
  return next;
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => key !== name));
}

/** The rules of the configuration that an edit may break. */
function isValid(site: Site): boolean {
  if (!Object.values(site.backends).every(({ check }) => check in site.checks)) return false;
  const vips = new Set(Object.values(site.frontends).map(({ vip }) => vipAddress(vip).text));
  const isAtVip = ({ server }: SiteBackend) => vips.has(serverAddress(server).text);
  if (Object.values(site.backends).some(isAtVip)) return false;
  const families = new Map<number, string>();
  const ports = new Map<number, Set<string>>();
  for (const { vip, protocol, port, pools } of Object.values(site.frontends)) {
    const members = pools.flatMap((pool) => Object.keys(pool));
    const used = members.map((name) => site.backends[name]?.server ?? -1);
    if (members.length === 0 || used.includes(-1)) return false;
    if (new Set(members).size < members.length || new Set(used).size < used.length) return false;
    const encaps = new Set(used.map((server) => server < firstIpv6Server ? "gre4" : "gre6"));
    const encap = [...encaps].join();
    if (encaps.size !== 1 || (families.get(vip) ?? encap) !== encap) return false;
    families.set(vip, encap);
    const seen = ports.get(vip) ?? new Set();
    const key = `${protocol}/${port}`;
    if (seen.has(key) || (seen.size > 0 && (port === 0 || seen.has("any/0")))) return false;
    ports.set(vip, seen.add(key));
  }
  return true;
}

/** Delays at the start of maglevd, least and most, in milliseconds. */
const warmUps = [[0, 0], [0, 0], [500, 3_000], [5_000, 30_000]] as const;

/** In milliseconds; 0 is none. */
const drainDeadlines = [0, 0, 1_000, 20_000] as const;

/** What frontends may have as `fail-open`. */
export const failOpens = ["never", "never", "all-down", 50, 100] as const;

/** In milliseconds; 0 is at once. */
export const slowStarts = [0, 900, 5_000, 20_000] as const;

const flaps = [
  { changes: 2, withinMs: 60_000, holdMs: 2_000, maxHoldMs: 10_000 },
  { changes: 4, withinMs: 5_000, holdMs: 500, maxHoldMs: 500 },
] as const;

/** What a check may have as `flap`. */
export function randomFlap(random: Random): SiteCheck["flap"] {
  return random.chance(0.2) ? undefined : random.pick(flaps);
}

/** A site to begin with. */
export function randomSite(random: Random): Site {
  const warmUp = random.pick(warmUps);
  let site: Site = {
    syncIntervalMs: random.pick([3_600_000, 3_600_000, 20_000]),
    startupMinDelayMs: warmUp[0],
    startupMaxDelayMs: warmUp[1],
    flowTimeoutSeconds: 40,
    buckets: 16,
    netns: "",
    checks: { c0: randomCheck(random), c1: randomCheck(random) },
    backends: {},
    frontends: {},
  };
  const count = random.between(2, 7);
  const numbers = random.shuffled(Array.from({ length: servers }, (_, i) => i)).slice(0, count);
  for (const [i, server] of numbers.entries()) {
    const check = random.pick(["c0", "c1"]);
    const backend = { server, check, enabled: !random.chance(0.1) };
    site = { ...site, backends: { ...site.backends, [`b${i}`]: backend } };
  }
  for (let i = random.between(1, 3); i > 0; i--) {
    const like = randomFrontend(random, site);
    if (like) site = edited(site, { what: "add-frontend", name: `f${i}`, like });
  }
  return site;
}

function randomCheck(random: Random): SiteCheck {
  const intervalMs = random.pick([500, 1_000, 2_000, 2_000, 60_000]);
  return {
    type: random.pick(["tcp", "http", "icmp"]),
    port: 80,
    intervalMs,
    fastIntervalMs: random.pick([intervalMs, 250]),
    downIntervalMs: random.pick([intervalMs, 1_000]),
    timeoutMs: random.pick([200, 1_000]),
    rise: random.between(1, 3),
    fall: random.between(1, 3),
  };
}

function randomFrontend(random: Random, site: Site): SiteFrontend | undefined {
  const isIpv6 = random.chance(0.3);
  const names = Object.entries(site.backends)
    .filter(([, { server }]) => (server >= firstIpv6Server) === isIpv6).map(([name]) => name);
  const chosen = random.shuffled(names).slice(0, random.between(1, 5));
  const split = random.between(1, Math.max(1, chosen.length));
  const pools = [chosen.slice(0, split), chosen.slice(split)].filter(({ length }) => length > 0)
    .map((pool) =>
      Object.fromEntries(pool.map((name) => [name, random.pick([100, 100, 100, 50, 1, 0])]))
    );
  if (pools.length === 0) return undefined;
  const isAny = random.chance(0.2);
  return {
    vip: random.between(0, 3),
    protocol: isAny ? "any" : random.pick(["tcp", "udp"]),
    port: isAny ? 0 : random.pick([80, 443]),
    sticky: random.chance(0.2),
    flushOnDown: random.chance(0.7),
    drainDeadlineMs: random.pick(drainDeadlines),
    pools,
  };
}

/** An edit that fits the site. */
export function randomEdit(random: Random, site: Site): Edit {
  const check = random.pick(Object.keys(site.checks));
  const backend = random.pickAny(Object.keys(site.backends)) ?? "b0";
  const frontend = random.pickAny(Object.keys(site.frontends)) ?? "f1";
  const name = `b${random.between(0, 12)}`;
  const server = random.between(0, servers - 1);
  const like = randomFrontend(random, site);
  const [startupMinDelayMs, startupMaxDelayMs] = random.pick(warmUps);
  const timing = (intervalMs: number) => ({ intervalMs, fastIntervalMs: intervalMs / 2 });
  const ofCheck = (change: Partial<SiteCheck>): Edit => ({ what: "check", check, change });
  const ofBackend = (change: Partial<SiteBackend>): Edit => ({ what: "backend", backend, change });
  const ofFrontend = (change: Partial<SiteFrontend>): Edit => ({
    what: "frontend",
    frontend,
    change,
  });
  const ofSite = (change: Partial<Site>): Edit => ({ what: "site", change });
  return random.pick<Edit>([
    ofCheck(timing(random.pick([500, 1_000, 3_000, 60_000]))),
    ofCheck(timing(random.pick([700, 2_000]))),
    ofCheck({ rise: random.between(1, 4), fall: random.between(1, 4) }),
    ofCheck({ port: random.pick([80, 81]) }),
    ofBackend({ check }),
    { what: "rename", backend, to: name },
    { what: "swap", backend, other: random.pickAny(Object.keys(site.backends)) ?? "b0" },
    ofBackend({ server }),
    ofBackend({ enabled: random.chance(0.5) }),
    { what: "weight", frontend, backend, weight: random.pick([0, 1, 50, 100]) },
    { what: "leave", frontend, backend },
    { what: "join", frontend, backend, pool: random.between(0, 1) },
    { what: "add-backend", name, server },
    { what: "drop-backend", name: backend },
    like ? { what: "add-frontend", name: `f${random.between(1, 5)}`, like } : { what: "nothing" },
    { what: "drop-frontend", name: frontend },
    { what: "toggle", frontend, setting: "sticky" },
    { what: "toggle", frontend, setting: "flushOnDown" },
    ofFrontend({ drainDeadlineMs: random.pick(drainDeadlines) }),
    ofFrontend({ failOpen: random.pick(failOpens) }),
    ofCheck({ flap: randomFlap(random) }),
    ofFrontend({ slowStartMs: random.pick(slowStarts) }),
    ofSite({ flowTimeoutSeconds: random.pick([40, 60]) }),
    // Not longer: what only a drift pass repairs has to be repaired within the history.
    ofSite({ syncIntervalMs: random.pick([5_000, 20_000, 30_000]) }),
    ofSite({ buckets: random.pick([16, 32]) }),
    ofSite({ startupMinDelayMs, startupMaxDelayMs }),
    ofSite({ netns: random.pick(["", "dataplane"]) }),
    { what: "nothing" },
  ]);
}

/** An edit of whole frontends: another name, another VIP, or the pools in another order. */
export function randomUpset(random: Random, site: Site): Edit {
  const frontend = random.pickAny(Object.keys(site.frontends)) ?? "f1";
  const change = { vip: random.between(0, 3), port: random.pick([80, 443, 8443]) };
  return random.pick<Edit>([
    { what: "rename-frontend", frontend, to: `f${random.between(1, 5)}` },
    { what: "rename-frontend", frontend, to: `f${random.between(1, 5)}` },
    { what: "frontend", frontend, change },
    { what: "swap-pools", frontend },
  ]);
}
