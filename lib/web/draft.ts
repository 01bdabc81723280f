import {
  journalKept,
  type MaglevdState,
  stepsKept,
  stripMs,
  transitionsKept,
  withDuration,
} from "./state.ts";
import type {
  Backend,
  Frontend,
  JournalEntry,
  Member,
  Pool,
  Pulse,
  Running,
  Step,
} from "./wire.ts";

type Transition = Backend["transitions"][number];

type Tables = "backends" | "frontends" | "durations" | "running" | "steps";

/** Where backends stand in the members of a pool, which keep their order when one of them changes. */
const places = new WeakMap<readonly Member[], ReadonlyMap<string, number>>();

function placesIn(members: readonly Member[]): ReadonlyMap<string, number> {
  const known = places.get(members);
  if (known) return known;
  const made = new Map(members.map(({ name }, place) => [name, place]));
  places.set(members, made);
  return made;
}

/** Names of what may be other than before. */
export type Affected = Readonly<Record<"backends" | "frontends", ReadonlySet<string>>>;

/** A state that is being changed: each of its tables is copied once, when it is first written to. */
export class Draft {
  #state: MaglevdState;
  readonly #own = new Map<Tables, Map<string, unknown>>();
  readonly #affected = { backends: new Set<string>(), frontends: new Set<string>() };
  /** Pools and their members that were copied, and may be written to. */
  readonly #ownLists = new WeakSet<readonly unknown[]>();
  #entries: JournalEntry[] = [];

  /** As `state`, until something is changed. */
  constructor(state: MaglevdState) {
    this.#state = state;
  }

  /** What was written to so far. */
  get affected(): Affected {
    return this.#affected;
  }

  /** Puts a backend in the place of the one of its name. */
  putBackend(backend: Backend): void {
    this.#writable("backends", backend.name).set(backend.name, backend);
  }

  /** Puts a frontend in the place of the one of its name. */
  putFrontend(frontend: Frontend): void {
    this.#writable("frontends", frontend.name).set(frontend.name, frontend);
  }

  /** Replaces what is no table. */
  set(part: Partial<Omit<MaglevdState, Tables>> & Partial<Pick<MaglevdState, "steps">>): void {
    if (part.steps) this.#own.delete("steps");
    if (part.journal) this.#entries = [];
    this.#state = { ...this.#state, ...part };
  }

  /** Changes a backend, if there is one of that name. */
  backend(name: string, change: (backend: Backend) => Backend): void {
    const backend = this.#state.backends.get(name);
    if (backend) this.putBackend(change(backend));
  }

  /** Changes a frontend, if there is one of that name. */
  frontend(name: string, change: (frontend: Frontend) => Frontend): void {
    const frontend = this.#state.frontends.get(name);
    if (frontend) this.putFrontend(change(frontend));
  }

  /** Changes a backend where it stands in a frontend: in the one pool, or in all if none is named. */
  member(
    frontend: string,
    pool: string | undefined,
    backend: string,
    change: (member: Member) => Member,
  ): void {
    for (
      const [i, { name, backends }] of this.#state.frontends.get(frontend)?.pools.entries() ?? []
    ) {
      if (pool !== undefined && name !== pool) continue;
      const place = placesIn(backends).get(backend);
      const member = place === undefined ? undefined : backends[place];
      if (member && place !== undefined) this.#members(frontend, i)[place] = change(member);
    }
  }

  /** A backend is in another state, in all frontends that use it. */
  move(name: string, told: Omit<Transition, "from"> & Partial<Transition>): void {
    const backend = this.#state.backends.get(name);
    if (!backend) return;
    const { to: state, atUnixNs: sinceUnixNs } = told;
    const transition = { from: backend.state, ...told };
    const transitions = [transition, ...backend.transitions].slice(0, transitionsKept);
    this.putBackend({ ...backend, state, sinceUnixNs, transitions });
    for (const frontend of backend.frontends) {
      this.member(frontend, undefined, name, (member) => ({ ...member, state, sinceUnixNs }));
    }
  }

  /** Forgets a backend. */
  removeBackend(name: string): void {
    this.#writable("backends", name).delete(name);
    this.run([[name, 0]]);
    if (this.#state.durations) this.#copy("durations", this.#state.durations).delete(name);
  }

  /** Forgets a frontend. */
  removeFrontend(name: string): void {
    this.#writable("frontends", name).delete(name);
    this.#copy("steps", this.#state.steps).delete(name);
  }

  /** A frontend is in another state from now on. */
  step(frontend: string, at: number, state: string): void {
    const steps = this.#state.steps.get(frontend) ?? [];
    // The last one before the strip begins says how it begins.
    const first = steps.findLastIndex(([began]) => began < at - stripMs);
    const kept = steps.slice(Math.max(first, 0, steps.length + 1 - stepsKept));
    this.#copy("steps", this.#state.steps).set(frontend, [...kept, [at, state]]);
  }

  /** Of the states of a frontend, so many of the oldest are no more, and these are new. */
  steps(frontend: string, dropped: number, added: readonly Step[]): void {
    const steps = [...this.#state.steps.get(frontend)?.slice(dropped) ?? [], ...added];
    const all = this.#copy("steps", this.#state.steps);
    if (steps.length > 0) all.set(frontend, steps);
    else all.delete(frontend);
  }

  /** A probe has ended. */
  pulse(at: number, pulse: Pulse): void {
    const [name, ok, code, ms] = pulse;
    const backend = this.#state.backends.get(name);
    if (!backend) return;
    const { lastProbe } = backend;
    const detail = lastProbe && lastProbe.code === code ? lastProbe.detail : "";
    const probe = { ok, code, detail, durationNs: ms * 1e6, atUnixNs: at * 1e6 };
    this.putBackend({ ...backend, lastProbe: probe });
    if (!this.#state.durations) return;
    const durations = this.#copy("durations", this.#state.durations);
    durations.set(name, withDuration(durations.get(name), pulse));
  }

  /** Probes take long, or have ended; `isAnew`: no others run. */
  run(told: readonly Running[] = [], isAnew = false): void {
    if (told.length === 0 && !isAnew) return;
    const running = this.#copy("running", this.#state.running);
    if (isAnew) running.clear();
    for (const [name, since] of told) {
      if (since !== 0 && this.#state.backends.has(name)) running.set(name, since);
      else running.delete(name);
    }
  }

  /** Notes an event in the journal. */
  note(entry: JournalEntry): void {
    this.#entries.push(entry);
  }

  /** The state that came of it so far: what is changed here later changes that as well. */
  done(): MaglevdState {
    if (this.#entries.length > 0) {
      const journal = [...this.#entries.reverse(), ...this.#state.journal];
      this.set({ journal: journal.slice(0, journalKept) });
    }
    return this.#state;
  }

  /** The members of a pool that is there, to be written to. */
  #members(frontend: string, i: number): Member[] {
    const before = this.#state.frontends.get(frontend);
    let pools = before?.pools ?? [];
    if (before && !this.#ownLists.has(pools)) {
      pools = this.#ownList(pools);
      this.putFrontend({ ...before, pools });
    }
    const pool = pools[i];
    const known = pool?.backends ?? [];
    if (!pool || this.#ownLists.has(known)) return known as Member[];
    const backends = this.#ownList(known);
    places.set(backends, placesIn(known));
    (pools as Pool[])[i] = { ...pool, backends };
    return backends;
  }

  #ownList<T>(list: readonly T[]): T[] {
    const copy = [...list];
    this.#ownLists.add(copy);
    return copy;
  }

  /** A table in which one object is to be another. */
  #writable(table: keyof Affected, name: string): Map<string, Backend | Frontend> {
    this.#affected[table].add(name);
    return this.#copy<Backend | Frontend>(table, this.#state[table]);
  }

  /** A copy of a table that is this draft's own. */
  #copy<T>(name: Tables, table: ReadonlyMap<string, T>): Map<string, T> {
    const known = this.#own.get(name);
    if (known) return known as Map<string, T>;
    const copy = new Map(table);
    this.#own.set(name, copy);
    this.#state = { ...this.#state, [name]: copy };
    return copy;
  }
}
