import type { Backend, Config, HealthCheck } from "../config/mod.ts";
import { BackendEntry, type Membership, type Placement } from "./backend.ts";
import { FrontendEntry } from "./frontend.ts";
import { isSameCheck } from "./same_check.ts";
import { sorted, type Steps } from "./slices.ts";

/** A configuration and what runs under it. Replaced as a whole by a reload. */
export interface World {
  readonly config: Config;
  readonly backends: ReadonlyMap<string, BackendEntry>;
  readonly frontends: ReadonlyMap<string, FrontendEntry>;
  /** Sorted. */
  readonly backendNames: readonly string[];
  readonly frontendNames: readonly string[];
  readonly healthcheckNames: readonly string[];
}

/** What a reload does to a backend that it keeps. */
export interface Change {
  readonly entry: BackendEntry;
  readonly config: Backend;
  readonly check: HealthCheck;
  /**
   * - `keep`: probing goes on untouched.
   * - `move`: another address. Probing goes on there; a probe on its way does not count.
   * - `restart`: another check or namespace. Starts again from unknown.
   */
  readonly probing: "keep" | "move" | "restart";
  /** The file's word, when it is another than before. */
  readonly enabled: boolean | undefined;
}

/** A reload worked out: what to put in place of the present world and what follows from that. */
export interface Plan {
  readonly world: World;
  readonly fresh: readonly BackendEntry[];
  readonly changes: readonly Change[];
  readonly gone: readonly BackendEntry[];
  readonly placements: ReadonlyMap<BackendEntry, Placement>;
}

/**
 * Works out how to get from `old` to `config` without touching `old`: the world goes on turning
 * meanwhile, and the plan may be dropped. Throws when a backend's health check is missing.
 */
export function* planReload(old: World, config: Config, wall: number): Steps<Plan> {
  const [fresh, changes] = [new Array<BackendEntry>(), new Array<Change>()];
  const backends = new Map<string, BackendEntry>();
  const isSame = memoized(isSameCheck);
  for (const backend of config.backends.values()) {
    const check = checkOf(config, backend);
    const known = old.backends.get(backend.name);
    const entry = known ?? new BackendEntry(backend, check, config.netns, wall);
    if (known) changes.push(changeOf(known, backend, check, config, isSame));
    else fresh.push(entry);
    backends.set(backend.name, entry);
    yield;
  }
  const frontendNames = yield* sorted(config.frontends.keys());
  const frontends = new Map<string, FrontendEntry>();
  const placements = yield* place(config, frontendNames, backends, frontends);
  const backendNames = yield* sorted(config.backends.keys());
  const healthcheckNames = yield* sorted(config.healthchecks.keys());
  const gone = yield* missing(old.backends, backends);
  const world = { config, backends, frontends, backendNames, frontendNames, healthcheckNames };
  return { world, fresh, changes, gone, placements };
}

/** The world before the first configuration. */
export function emptyWorld(config: Config): World {
  return {
    config,
    backends: new Map(),
    frontends: new Map(),
    backendNames: [],
    frontendNames: [],
    healthcheckNames: [],
  };
}

function checkOf(config: Config, backend: Backend): HealthCheck {
  const check = config.healthchecks.get(backend.healthcheck);
  if (check) return check;
  throw new Error(
    `cannot apply the configuration: backend "${backend.name}" uses health check ` +
      `"${backend.healthcheck}", which does not exist`,
  );
}

function changeOf(
  entry: BackendEntry,
  backend: Backend,
  check: HealthCheck,
  config: Config,
  isSame: typeof isSameCheck,
): Change {
  const { target } = entry.job;
  const isProbedAlike = target.netns === config.netns && isSame(target.check, check);
  const isThere = target.address.text === backend.address.text;
  return {
    entry,
    config: backend,
    check,
    probing: !isProbedAlike ? "restart" : isThere ? "keep" : "move",
    enabled: entry.config.enabled === backend.enabled ? undefined : backend.enabled,
  };
}

/** Fills `frontends` in the order of `names`, so that the names of a placement come sorted. */
function* place(
  config: Config,
  names: readonly string[],
  backends: ReadonlyMap<string, BackendEntry>,
  frontends: Map<string, FrontendEntry>,
): Steps<Map<BackendEntry, Placement>> {
  const placements = new Map<BackendEntry, { memberships: Membership[]; frontends: string[] }>();
  for (const entry of backends.values()) {
    placements.set(entry, { memberships: [], frontends: [] });
    yield;
  }
  for (const name of names) {
    const frontend = config.frontends.get(name);
    if (!frontend) continue;
    const entry = new FrontendEntry(frontend);
    frontends.set(name, entry);
    for (const [index, pool] of frontend.pools.entries()) {
      for (const { backend, weight } of pool.backends) {
        const member = backends.get(backend);
        const placement = member && placements.get(member);
        if (!placement) throw new Error(missingBackend(name, pool.name, backend));
        placement.memberships.push(entry.join(member, index, weight));
        placement.frontends.push(name);
        yield;
      }
    }
  }
  return placements;
}

function missingBackend(frontend: string, pool: string, backend: string): string {
  return `cannot apply the configuration: frontend "${frontend}" has backend "${backend}" in ` +
    `pool "${pool}", which does not exist`;
}

function* missing(
  old: ReadonlyMap<string, BackendEntry>,
  backends: ReadonlyMap<string, BackendEntry>,
): Steps<BackendEntry[]> {
  const gone: BackendEntry[] = [];
  for (const entry of old.values()) {
    if (!backends.has(entry.name)) gone.push(entry);
    yield;
  }
  return gone;
}

/** Thousands of backends share few checks: each pair is compared once. */
function memoized(compare: typeof isSameCheck): typeof isSameCheck {
  const known = new Map<HealthCheck, Map<HealthCheck, boolean>>();
  return (a, b) => {
    const row = known.get(a) ?? new Map<HealthCheck, boolean>();
    known.set(a, row);
    const result = row.get(b) ?? compare(a, b);
    row.set(b, result);
    return result;
  };
}
