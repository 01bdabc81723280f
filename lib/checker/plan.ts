import type { Backend, Config, HealthCheck } from "../config/mod.ts";
import { isProbed, type Recheck } from "../health/mod.ts";
import type { ProbeTarget } from "../probes/mod.ts";
import { compareText, mergeSort, type Steps } from "../time/mod.ts";
import { BackendEntry } from "./backend.ts";
import type { FrontendEntry } from "./frontend.ts";
import { join, place, type Placing } from "./placing.ts";
import { type CheckComparison, checkDifference, isProbedAlike, isSame } from "./same.ts";

/** A configuration and what runs under it. Replaced as a whole by a reload. */
export interface Generation {
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
  /** Undefined: probing goes on untouched. */
  readonly recheck: Recheck | undefined;
  /**
   * Who was probed where this one is from now on, if it moves or comes into service, in the same way
   * if possible.
   */
  readonly donor: BackendEntry | undefined;
  /** What the file says, when that is something else than before. */
  readonly enabled: boolean | undefined;
}

/** A backend that the configuration did not name before. */
export interface Addition {
  readonly entry: BackendEntry;
  /** Who was probed at the same server before. */
  readonly donor: BackendEntry | undefined;
  /** Whether it was probed in the same way: else only what operators said of it counts. */
  readonly isAlike: boolean;
  /** That one is gone, so this is it under another name. */
  readonly isRenamed: boolean;
}

/** A reload worked out: what to put in place of the present generation, and what follows. */
export interface Plan {
  readonly generation: Generation;
  readonly backends: {
    readonly fresh: readonly Addition[];
    readonly changed: readonly Change[];
    readonly gone: readonly BackendEntry[];
  };
  readonly frontends: {
    readonly fresh: readonly FrontendEntry[];
    readonly gone: readonly FrontendEntry[];
  };
  /** Of the backends that are new or used by other frontends than before. */
  readonly placings: readonly Placing[];
}

/** The generation before the first configuration. */
export function emptyGeneration(config: Config): Generation {
  const [backends, frontends] = [new Map(), new Map()];
  const [backendNames, frontendNames, healthcheckNames] = [[], [], []];
  return { config, backends, frontends, backendNames, frontendNames, healthcheckNames };
}

/**
 * Works out how to get from `old` to `config` without touching `old`, which runs on
 * meanwhile: the plan may be dropped. What did not change is not in it. Throws when the
 * configuration contradicts itself.
 */
export function* planReload(old: Generation, config: Config, wall: number): Steps<Plan> {
  const compare = memoized(checkDifference);
  const backends = new Map<string, BackendEntry>();
  const fresh: BackendEntry[] = [];
  const kept: Omit<Change, "donor">[] = [];
  for (const backend of config.backends.values()) {
    const target = targetOf(config, backend);
    const known = old.backends.get(backend.name);
    const entry = known ?? new BackendEntry(backend, target, wall);
    const change = known && changeOf(known, backend, target, compare);
    if (!known) fresh.push(entry);
    if (change) kept.push(change);
    backends.set(backend.name, entry);
    yield;
  }
  const gone = yield* missing(old.backends, backends);
  const moved = kept.filter(isMoved);
  const donors = new Donors([...gone, ...moved.map(({ entry }) => entry)]);
  const known = new Donors(kept.some(isNewThere) ? [...old.backends.values()] : []);
  const backendNames = yield* mergeSort([...config.backends.keys()], compareText);
  const frontendNames = yield* mergeSort([...config.frontends.keys()], compareText);
  const healthcheckNames = yield* mergeSort([...config.healthchecks.keys()], compareText);
  const joined = yield* join(old.frontends, config, frontendNames, backends);
  return {
    generation: {
      ...{ config, backends, frontends: joined.frontends },
      ...{ backendNames, frontendNames, healthcheckNames },
    },
    backends: {
      ...given(fresh, kept, gone, { leaving: donors, known }, compare),
      gone,
    },
    frontends: { fresh: joined.fresh, gone: yield* missing(old.frontends, joined.frontends) },
    placings: yield* place(backends, joined.memberships),
  };
}

/** Hands out what is known where it was found out, then what operators said of what is gone. */
function given(
  fresh: readonly BackendEntry[],
  kept: readonly Omit<Change, "donor">[],
  gone: readonly BackendEntry[],
  { leaving: donors, known }: { readonly leaving: Donors; readonly known: Donors },
  compare: CheckComparison,
): Pick<Plan["backends"], "fresh" | "changed"> {
  const alike = fresh.map((entry) => donors.take(entry.job.target, compare));
  const changed = kept.map((change) => ({
    ...change,
    donor: isNewThere(change)
      ? donors.take(change.target, compare) ?? donors.at(change.target) ?? known.at(change.target)
      : undefined,
  }));
  const left = new Set(gone);
  const additions = fresh.map((entry, i): Addition => {
    const donor = alike[i];
    if (donor) return { entry, donor, isAlike: true, isRenamed: left.has(donor) };
    const former = donors.takeAny(entry.job.target, left);
    return { entry, donor: former, isAlike: false, isRenamed: former !== undefined };
  });
  return { fresh: additions, changed };
}

function targetOf({ healthchecks, netns }: Config, backend: Backend): ProbeTarget {
  const check = healthchecks.get(backend.healthcheck);
  if (check) return { backend: backend.name, address: backend.address, check, netns };
  throw new Error(
    `cannot apply the configuration: backend "${backend.name}" uses health check ` +
      `"${backend.healthcheck}", which does not exist`,
  );
}

function changeOf(
  entry: BackendEntry,
  config: Backend,
  target: ProbeTarget,
  compare: CheckComparison,
): Omit<Change, "donor"> | undefined {
  const present = entry.job.target;
  const isThere = present.netns === target.netns &&
    present.address.text === target.address.text;
  const recheck = isThere ? compare(present.check, target.check) : "target";
  if (recheck === undefined && isSame(entry.config, config)) return undefined;
  const enabled = entry.config.enabled === config.enabled ? undefined : config.enabled;
  return { entry, config, target, recheck, enabled };
}

/** Whether what it knows itself is not of this server, or nothing: it moves, or comes into service. */
function isNewThere(change: Omit<Change, "donor">): boolean {
  return isMoved(change) || change.enabled === true;
}

function isMoved({ entry, target }: Pick<Change, "entry" | "target">): boolean {
  return entry.job.target.address.text !== target.address.text;
}

function* missing<T>(
  old: ReadonlyMap<string, T>,
  present: ReadonlyMap<string, T>,
): Steps<T[]> {
  const gone: T[] = [];
  for (const [name, entry] of old) {
    if (!present.has(name)) gone.push(entry);
    yield;
  }
  return gone;
}

/** Thousands of backends share few checks: each pair is compared once. */
function memoized(compare: CheckComparison): CheckComparison {
  const known = new Map<HealthCheck, Map<HealthCheck, Recheck | undefined>>();
  return (a, b) =>
    known.getOrInsertComputed(a, () => new Map()).getOrInsertComputed(b, () => compare(a, b));
}

/**
 * Backends that a reload takes away from where they were probed. What was found out there belongs
 * to the server and not to the name: whoever is probed there from now on, in the same way, takes
 * it over, be it at other intervals, so that renaming takes nobody out of service.
 */
class Donors {
  readonly #byAddress: ReadonlyMap<string, readonly BackendEntry[]>;
  readonly #taken = new Set<BackendEntry>();

  /** `leaving` are known as they are before the reload. */
  constructor(leaving: readonly BackendEntry[]) {
    this.#byAddress = Map.groupBy(leaving, ({ job }) => job.target.address.text);
  }

  /** Takes one that was probed at the target of `entry` in the same way, each only once. */
  take(target: ProbeTarget, compare: CheckComparison): BackendEntry | undefined {
    return this.#takeFirst(target, ({ job }) => isProbedAlike(job.target, target, compare));
  }

  /** One that was probed at this address, in whatever way; it may be taken again. */
  at({ address }: ProbeTarget): BackendEntry | undefined {
    return this.#byAddress.get(address.text)?.find(({ health }) => isProbed(health.state));
  }

  /**
   * Takes one of `gone` that was at the address of `entry`, however it was probed: what an operator
   * said of it is about the server, under whatever name.
   */
  takeAny(target: ProbeTarget, gone: ReadonlySet<BackendEntry>): BackendEntry | undefined {
    return this.#takeFirst(target, (each) => gone.has(each));
  }

  #takeFirst(
    { address }: ProbeTarget,
    fits: (entry: BackendEntry) => boolean,
  ): BackendEntry | undefined {
    const donor = this.#byAddress.get(address.text)
      ?.find((each) => !this.#taken.has(each) && fits(each));
    if (donor) this.#taken.add(donor);
    return donor;
  }
}
