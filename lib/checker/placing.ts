import type { Config, Frontend } from "../config/mod.ts";
import type { Steps } from "../time/mod.ts";
import type { BackendEntry, Membership, Placement } from "./backend.ts";
import { FrontendEntry } from "./frontend.ts";
import { isSame } from "./same.ts";

/** Where a backend is used from now on. */
export interface Placing {
  readonly entry: BackendEntry;
  readonly placement: Placement;
}

/** The frontends of a configuration. */
export interface Joined {
  readonly frontends: Map<string, FrontendEntry>;
  readonly fresh: FrontendEntry[];
  /** Of each backend that is used, in the order of the frontends' names. */
  readonly memberships: Map<BackendEntry, Membership[]>;
}

/**
 * Finds or makes the frontends of `config`, in the order of their sorted `names`, and their places
 * for backends. Neither `old` nor what is kept of it is touched.
 */
export function* join(
  old: ReadonlyMap<string, FrontendEntry>,
  config: Config,
  names: readonly string[],
  backends: ReadonlyMap<string, BackendEntry>,
): Steps<Joined> {
  const joined: Joined = { frontends: new Map(), fresh: [], memberships: new Map() };
  for (const name of names) {
    const frontend = config.frontends.get(name);
    if (!frontend) continue;
    const known = old.get(name);
    const kept = known && (yield* isSameFrontend(known.file, frontend)) ? known : undefined;
    const entry = kept ?? new FrontendEntry(frontend);
    joined.frontends.set(name, entry);
    if (!kept) joined.fresh.push(entry);
    yield* joinMembers(entry, kept, backends, joined.memberships);
  }
  return joined;
}

function* joinMembers(
  entry: FrontendEntry,
  kept: FrontendEntry | undefined,
  backends: ReadonlyMap<string, BackendEntry>,
  memberships: Map<BackendEntry, Membership[]>,
): Steps<void> {
  const { name, pools } = entry.file;
  for (const [poolIndex, pool] of pools.entries()) {
    for (const { backend, weight } of pool.backends) {
      const member = backends.get(backend);
      if (!member) throw new Error(missingBackend(name, pool.name, backend));
      const membership = kept?.members.get(backend) ?? entry.join(member, poolIndex, weight);
      memberships.getOrInsertComputed(member, () => []).push(membership);
      yield;
    }
  }
}

function missingBackend(frontend: string, pool: string, backend: string): string {
  return `cannot apply the configuration: frontend "${frontend}" has backend "${backend}" in ` +
    `pool "${pool}", which does not exist`;
}

/** Of a backend that no frontend uses. */
const unused: Placement = { memberships: [], frontends: [] };

/** A frontend may have thousands of backends, so they are compared one by one. */
function* isSameFrontend(a: Frontend, b: Frontend): Steps<boolean> {
  if (!isSame({ ...a, pools: [] }, { ...b, pools: [] })) return false;
  if (a.pools.length !== b.pools.length) return false;
  for (const [i, pool] of a.pools.entries()) {
    const other = b.pools[i];
    if (pool.name !== other?.name || pool.backends.length !== other.backends.length) return false;
    for (const [j, member] of pool.backends.entries()) {
      const { backend, weight } = other.backends[j] ?? {};
      if (member.backend !== backend || member.weight !== weight) return false;
      yield;
    }
  }
  return true;
}

/** The backends whose places are others than before. */
export function* place(
  backends: ReadonlyMap<string, BackendEntry>,
  memberships: ReadonlyMap<BackendEntry, readonly Membership[]>,
): Steps<Placing[]> {
  const placings: Placing[] = [];
  for (const entry of backends.values()) {
    const wanted = memberships.get(entry) ?? [];
    const present = entry.placement.memberships;
    const isPlaced = wanted.length === present.length && wanted.every((m, i) => m === present[i]);
    if (!isPlaced) placings.push({ entry, placement: placementOf(wanted) });
    yield;
  }
  return placings;
}

function placementOf(memberships: readonly Membership[]): Placement {
  if (memberships.length === 0) return unused;
  return { memberships, frontends: memberships.map(({ frontend }) => frontend.file.name) };
}
