import type { Steps } from "../time/mod.ts";
import type { BackendEntry, Membership, Placement } from "./backend.ts";
import type { FrontendEntry } from "./frontend.ts";
import type { Generation } from "./plan.ts";

/**
 * Copies of what runs, each made when it is first looked at: they stand as what they are copies of did
 * at that moment and go their own way from then on. Of a frontend of ten thousand backends that one
 * operation concerns, only a few are ever looked at.
 */
export class Copies {
  readonly #backends = new Map<BackendEntry, BackendEntry>();
  readonly #frontends = new Map<FrontendEntry, FrontendEntry>();

  /** Originals that were copied, and their copies. */
  get backends(): ReadonlyMap<BackendEntry, BackendEntry> {
    return this.#backends;
  }

  /** The same of frontends. */
  get frontends(): ReadonlyMap<FrontendEntry, FrontendEntry> {
    return this.#frontends;
  }

  /** The copy of a backend, whose places are copies as well. */
  backend(original: BackendEntry): BackendEntry {
    const copy = () => original.copy(() => this.#placement(original));
    return this.#backends.getOrInsertComputed(original, copy);
  }

  /** The copy of a frontend, whose members are copies as well. */
  frontend(original: FrontendEntry): FrontendEntry {
    const copy = () => original.copy((backend) => this.backend(backend));
    return this.#frontends.getOrInsertComputed(original, copy);
  }

  /** The copy of a backend's place in a frontend. */
  member({ frontend, backend }: Membership): Membership {
    const copy = this.frontend(frontend).members.get(backend.name);
    if (copy) return copy;
    throw new TypeError(`${backend.name} has no place in ${frontend.file.name}`);
  }

  /**
   * Copies all of a generation now. What changes between two steps may be in it or not, but the
   * copies of backends and frontends agree.
   */
  *all(generation: Generation): Steps<Generation> {
    const backends = new Map<string, BackendEntry>();
    const frontends = new Map<string, FrontendEntry>();
    for (const [name, backend] of generation.backends) {
      backends.set(name, this.backend(backend));
      yield;
    }
    for (const [name, frontend] of generation.frontends) {
      const copy = this.frontend(frontend);
      yield* copy.standings.recount();
      frontends.set(name, copy);
    }
    return { ...generation, backends, frontends };
  }

  #placement({ placement: { memberships, frontends } }: BackendEntry): Placement {
    return { memberships: memberships.map((member) => this.member(member)), frontends };
  }
}

/** Members of a frontend, each of which is copied when it is first looked at. */
export class CopiedMembers extends Map<string, Membership> {
  constructor(
    private readonly originals: ReadonlyMap<string, Membership>,
    private readonly copy: (original: Membership) => Membership,
  ) {
    super();
  }

  override get size(): number {
    return this.originals.size;
  }

  override has(name: string): boolean {
    return this.originals.has(name);
  }

  override get(name: string): Membership | undefined {
    const known = super.get(name);
    const original = known ? undefined : this.originals.get(name);
    if (!original) return known;
    const copy = this.copy(original);
    this.set(name, copy);
    return copy;
  }

  override keys(): MapIterator<string> {
    return this.originals.keys();
  }

  override *entries(): MapIterator<[string, Membership]> {
    for (const name of this.originals.keys()) {
      const member = this.get(name);
      if (member) yield [name, member];
    }
  }

  override *values(): MapIterator<Membership> {
    for (const [, member] of this.entries()) yield member;
  }

  override [Symbol.iterator](): MapIterator<[string, Membership]> {
    return this.entries();
  }
}
