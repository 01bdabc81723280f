import type { BackendEntry } from "./backend.ts";
import type { FrontendEntry } from "./frontend.ts";
import type { Membership } from "./membership.ts";
import type { World } from "./plan.ts";
import type { Steps } from "./slices.ts";

/** A part of a world, or all of it, that stands as it does and goes its own way from then on. */
export interface Copies {
  readonly world: World;
  /** The copy of each backend that was copied. */
  readonly backends: ReadonlyMap<BackendEntry, BackendEntry>;
  /** The copy of each frontend that was copied. */
  readonly frontends: ReadonlyMap<FrontendEntry, FrontendEntry>;
}

/**
 * Copies `frontends` with all of their backends, and `backends` that may be used by none. Of the
 * places of a backend those in these frontends are copied. What changes between two steps may be in
 * it or not, but the copies of backends and frontends agree.
 */
export function* copied(
  world: World,
  frontends: Iterable<FrontendEntry>,
  backends: Iterable<BackendEntry>,
): Steps<Copies> {
  const backendCopies = new Map<BackendEntry, BackendEntry>();
  const frontendCopies = new Map<FrontendEntry, FrontendEntry>();
  const copyOf = (backend: BackendEntry) => {
    const known = backendCopies.get(backend);
    if (known) return known;
    const copy = backend.copy();
    backendCopies.set(backend, copy);
    return copy;
  };
  for (const backend of backends) {
    copyOf(backend);
    yield;
  }
  for (const frontend of frontends) {
    frontendCopies.set(frontend, yield* frontend.copy(copyOf));
    yield;
  }
  for (const [backend, copy] of backendCopies) {
    const memberships = backend.placement.memberships.flatMap((member): Membership[] => {
      const place = frontendCopies.get(member.frontend)?.members.get(backend.name);
      return place ? [place] : [];
    });
    copy.placement = {
      memberships,
      frontends: memberships.map(({ frontend }) => frontend.file.name),
    };
    yield;
  }
  return {
    world: { ...world, backends: byName(backendCopies), frontends: byFileName(frontendCopies) },
    backends: backendCopies,
    frontends: frontendCopies,
  };
}

function byName(copies: ReadonlyMap<unknown, BackendEntry>): Map<string, BackendEntry> {
  return new Map(copies.values().map((copy) => [copy.name, copy]));
}

function byFileName(copies: ReadonlyMap<unknown, FrontendEntry>): Map<string, FrontendEntry> {
  return new Map(copies.values().map((copy) => [copy.file.name, copy]));
}
