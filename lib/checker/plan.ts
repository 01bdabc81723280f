import type { Backend, Config, HealthCheck } from "../config/mod.ts";
import type { ProbeTarget } from "../probes/mod.ts";
import { BackendEntry } from "./backend.ts";
import type { FrontendEntry } from "./frontend.ts";
import { join, type KeptFrontend, place, type Placing } from "./placing.ts";
import { isSame, isSameCheck } from "./same.ts";
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

/** What a reload does to a backend that it keeps and of which the file says something else. */
export interface Change {
  readonly entry: BackendEntry;
  readonly config: Backend;
  readonly target: ProbeTarget;
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
  readonly backends: {
    readonly fresh: readonly BackendEntry[];
    readonly changed: readonly Change[];
    readonly gone: readonly BackendEntry[];
  };
  readonly frontends: {
    readonly fresh: readonly FrontendEntry[];
    readonly kept: readonly KeptFrontend[];
  };
  /** Of the backends that are new or used by other frontends than before. */
  readonly placings: readonly Placing[];
}

/** The world before the first configuration. */
export function emptyWorld(config: Config): World {
  const [backends, frontends] = [new Map(), new Map()];
  const [backendNames, frontendNames, healthcheckNames] = [[], [], []];
  return { config, backends, frontends, backendNames, frontendNames, healthcheckNames };
}

/**
 * Works out how to get from `old` to `config` without touching `old`: the world goes on turning
 * meanwhile, and the plan may be dropped. What did not change is not in it. Throws when the
 * configuration contradicts itself.
 */
export function* planReload(old: World, config: Config, wall: number): Steps<Plan> {
  const [fresh, changed] = [new Array<BackendEntry>(), new Array<Change>()];
  const backends = new Map<string, BackendEntry>();
  const isSameAs = memoized(isSameCheck);
  for (const backend of config.backends.values()) {
    const check = checkOf(config, backend);
    const known = old.backends.get(backend.name);
    const entry = known ?? new BackendEntry(backend, check, config.netns, wall);
    const change = known && changeOf(known, backend, check, config.netns, isSameAs);
    if (!known) fresh.push(entry);
    if (change) changed.push(change);
    backends.set(backend.name, entry);
    yield;
  }
  const backendNames = yield* sorted(config.backends.keys());
  const frontendNames = yield* sorted(config.frontends.keys());
  const healthcheckNames = yield* sorted(config.healthchecks.keys());
  const joined = yield* join(old.frontends, config, frontendNames, backends);
  const placings = yield* place(backends, joined.memberships);
  const gone = yield* missing(old.backends, backends);
  return {
    world: {
      ...{ config, backends, frontends: joined.frontends },
      ...{ backendNames, frontendNames, healthcheckNames },
    },
    backends: { fresh, changed, gone },
    frontends: joined,
    placings,
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
  config: Backend,
  check: HealthCheck,
  netns: string,
  isSameAs: typeof isSameCheck,
): Change | undefined {
  const { target } = entry.job;
  const isProbedAlike = target.netns === netns && isSameAs(target.check, check);
  if (isProbedAlike && isSame(entry.config, config)) return undefined;
  const isThere = target.address.text === config.address.text;
  return {
    entry,
    config,
    target: { address: config.address, check, netns },
    probing: !isProbedAlike ? "restart" : isThere ? "keep" : "move",
    enabled: entry.config.enabled === config.enabled ? undefined : config.enabled,
  };
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
