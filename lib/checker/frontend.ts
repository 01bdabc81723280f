import type { Frontend } from "../config/mod.ts";
import {
  because,
  type EventData,
  type NewEvent,
  type Reason,
  safetyReason,
} from "../events/mod.ts";
import {
  type FrontendState,
  type FrontendTally,
  judgeWeight,
  type Verdict,
} from "../health/mod.ts";
import type { Moment } from "../time/mod.ts";
import type { BackendEntry, Membership, ToldWeights } from "./backend.ts";
import { CopiedMembers } from "./copies.ts";
import type { FailOpen } from "./fail_open.ts";
import type { FrontendStanding, Place, Side } from "./outcome.ts";
import { type Former, Standings } from "./standings.ts";
import type { FrontendSnapshot, Said, SavedWeight } from "./types.ts";

/** Whose place a frontend takes. */
export interface Succession {
  /** Of the same name. */
  readonly old: FrontendEntry | undefined;
  /** For the same VIP: it had another name, and is gone for whoever listens. */
  readonly renamed: FrontendEntry | undefined;
  /** Tells what backends were before. */
  readonly former: Former;
  /** When it takes it. */
  readonly at: Moment;
}

/**
 * Everything known about one frontend. Replaced when the file says something else about it. What
 * listeners are told is the difference to what they were told before, so nothing is told twice and
 * nothing is left out, in whatever order backends change.
 */
export class FrontendEntry implements Side {
  #state: FrontendState = "unknown";
  readonly #members: Map<string, Membership>;
  /** Name of the active pool, as last announced. */
  #pool: string;
  /** Index of the held pool when weights were announced last. */
  #heldPool = -1;
  /** Undefined until it is asked for after a weight was set. */
  #config: Frontend | undefined;
  #snapshot: FrontendSnapshot | undefined;
  readonly #overruled: EventData<"override">[] = [];
  readonly #standings: Standings;
  /** Whose place it has yet to take. */
  #succession: Succession | undefined;

  /** `file` is what the configuration says of it. */
  constructor(readonly file: Frontend, members = new Map<string, Membership>()) {
    this.#members = members;
    this.#pool = file.pools[0]?.name ?? "";
    this.#standings = new Standings(file, members);
  }

  /** As last announced. */
  get state(): FrontendState {
    this.finishTakeOver();
    return this.#state;
  }

  /** By the name of the backend, in the order of pools and their backends. */
  get members(): ReadonlyMap<string, Membership> {
    this.finishTakeOver();
    return this.#members;
  }

  /** How its backends stand; what changes them goes through here, for the snapshot's sake. */
  get standings(): Standings {
    this.finishTakeOver();
    return this.#standings;
  }

  /** What the file says, with the weights in force. */
  get config(): Frontend {
    return this.#config ??= this.#withWeights();
  }

  /** Set while weights do not follow health. */
  get open(): FailOpen | undefined {
    return this.standings.open;
  }

  /** What its backends come to. */
  get tally(): FrontendTally {
    return this.standings.tally;
  }

  /** How it stands as a whole. */
  get standing(): FrontendStanding {
    const { tally: { state, activePool }, weight } = this.standings;
    return { state, activePool: this.#poolName(activePool), weight };
  }

  /** What a backend has here; undefined where it has no place. */
  place(backend: string): Place | undefined {
    const member = this.members.get(backend);
    if (!member) return undefined;
    const { pool, weight: configured } = member;
    return { pool: this.#poolName(pool), configured, effective: this.#judge(member).weight };
  }

  /** Another one that stands as this one does now, with the copies of its backends. */
  copy(copyOf: (backend: BackendEntry) => BackendEntry): FrontendEntry {
    const copy: FrontendEntry = new FrontendEntry(
      this.file,
      new CopiedMembers(this.members, (member) => ({
        ...member,
        frontend: copy,
        backend: copyOf(member.backend),
      })),
    );
    copy.#state = this.state;
    copy.#pool = this.#pool;
    copy.#heldPool = this.#heldPool;
    copy.standings.resemble(this.standings);
    return copy;
  }

  /** Adds a backend, which counts once `takeOver` was called. */
  join(backend: BackendEntry, pool: number, weight: number): Membership {
    const membership: Membership = {
      frontend: this,
      backend,
      pool,
      fileWeight: weight,
      weight,
      said: undefined,
      told: absent,
      role: "out",
      lastUse: undefined,
      rise: undefined,
      isNew: false,
    };
    this.#members.set(backend.name, membership);
    return membership;
  }

  /**
   * Takes the place of its predecessor, if there was one, and counts the backends as they are now:
   * as soon as somebody looks at it, or `finishTakeOver` is called, which has to be before any of
   * its backends stands otherwise.
   */
  takeOver(succession: Succession): void {
    this.#succession = succession;
  }

  /**
   * Does what is left of that. An operator's weights stay unless the file itself says something new
   * about them; they go with a backend or a pool that has another name now.
   */
  finishTakeOver(): void {
    if (!this.#succession) return;
    const { old, renamed, former, at } = this.#succession;
    this.#succession = undefined;
    if (old) {
      this.#state = old.state;
      this.#pool = old.#pool;
    }
    const before = old ?? renamed;
    const lost = new Map(before?.weightsByHand().map((saved) => [saved.backend, saved]));
    for (const [name, member] of this.members) {
      member.told = old?.members.get(name)?.told ?? absent;
      const formerName = former.nameOf(member.backend) ?? name;
      const known = before?.members.get(formerName);
      if (!known || !this.#isWeightKept(known, member)) continue;
      member.weight = known.weight;
      member.said = known.said;
      lost.delete(formerName);
    }
    for (const saved of lost.values()) this.overrule(saved);
    this.#config = undefined;
    this.standings.begin(before && before.standings, old !== undefined, former, at);
  }

  /** Notes that a weight that was set by hand does not count here, though it did before. */
  overrule(saved: SavedWeight): void {
    const now = this.members.get(saved.backend);
    const isThere = now && this.#poolName(now.pool) === saved.pool;
    const ended = { ...saved, frontend: this.file.name };
    this.#overruled.push(weightEnded(ended, isThere ? now.fileWeight : "none"));
  }

  /** What was noted so, once. */
  takeOverruled(): readonly EventData<"override">[] {
    this.finishTakeOver();
    return this.#overruled.splice(0);
  }

  /**
   * A backend stands otherwise; `unannounced` has to follow. Tells whether it has come up and starts
   * slowly.
   */
  moved(member: Membership, moment: Moment, { cause }: Reason): boolean {
    this.#snapshot = undefined;
    return this.standings.moved(member, moment, isFound(cause));
  }

  /** A backend is held down because it flaps, or is not any more. */
  noteFlapping(member: Membership): void {
    this.#snapshot = undefined;
    this.standings.noteFlapping(member);
  }

  /** Gives those that have come up what they are to have by now; tells the difference. */
  climb(reason: Reason, moment: Moment): NewEvent[] {
    return this.unannounced(this.standings.climb(moment.now), reason, moment);
  }

  /** Sets a runtime weight; `unannounced` has to follow. */
  reweigh(member: Membership, weight: number, said: Said | undefined): void {
    this.standings.reweighed(member, weight);
    member.weight = weight;
    member.said = said;
    this.#config = undefined;
  }

  /** Takes it that listeners know how things are: what is so from the start is no change. */
  assume(): void {
    this.#state = this.tally.state;
    this.#pool = this.#poolName(this.tally.activePool);
    this.#heldPool = this.tally.heldPool;
    this.standings.takeNews();
    for (const member of this.members.values()) {
      const effective = this.#judge(member).weight;
      member.told = { configured: member.weight, effective };
      this.standings.noteUse(member, effective, -Infinity);
    }
  }

  /**
   * What listeners have not been told yet: of `concerned` because of `reason`, of the others
   * because of the pool, if that is another one now, or of a measure that keeps traffic safe, and
   * of the frontend itself.
   */
  unannounced(concerned: Iterable<Membership>, reason: Reason, at: Moment): NewEvent[] {
    this.#snapshot = undefined;
    const { events: own, isOfAll } = this.standings.takeNews();
    const pool = this.#poolName(this.tally.activePool);
    const isFailover = pool !== this.#pool;
    const isHeldFailover = this.tally.heldPool !== this.#heldPool;
    this.#heldPool = this.tally.heldPool;
    const { name, address: { text: address } } = this.file;
    if (isFailover) {
      own.push({ kind: "pool", frontend: name, address, from: this.#pool, to: pool });
      this.#pool = pool;
    }
    for (const member of concerned) this.#announce(member, own, at);
    const others: EventData[] = [];
    if (isFailover || isHeldFailover || isOfAll) {
      for (const member of this.members.values()) this.#announce(member, others, at);
    }
    const cause = isOfAll || !isFailover ? safetyReason.cause : poolCause;
    const told = [...because(reason, own), ...because({ ...reason, cause }, others)];
    const from = this.state;
    const to = this.tally.state;
    if (from === to) return told;
    this.#state = to;
    const transition = { from, to, at: at.wall };
    const activePool = pool;
    const change = { kind: "frontend", frontend: name, address, transition, activePool } as const;
    return [...told, ...because(reason, [change])];
  }

  /** The weights of backends that `successor` does not have any more. */
  *departures(successor: FrontendEntry): Generator<EventData<"weight">> {
    for (const [name, member] of this.members) {
      if (successor.members.has(name) || member.told === absent) continue;
      yield this.#change(member, member.told, absent);
    }
  }

  /** What is told of a frontend that the file has no more. */
  gone(at: number): EventData[] {
    const { name: frontend, address: { text: address } } = this.file;
    const transition = { from: this.state, to: "removed", at } as const;
    return [
      ...this.standings.farewell(),
      { kind: "frontend", frontend, address, transition, activePool: this.#pool },
    ];
  }

  /** The weights that operators have set to something else than the file says. */
  weightsByHand(): SavedWeight[] {
    if (this.config === this.file) return [];
    return [...this.members.values()].flatMap((member) => savedWeight(member) ?? []);
  }

  /** What others may see of it; the same object until something changes. */
  snapshot(): FrontendSnapshot {
    return this.#snapshot ??= {
      config: this.config,
      file: this.file,
      state: this.state,
      activePool: this.#poolName(this.tally.activePool),
      weights: Array.from(this.members.values(), (member) => ({
        backend: member.backend.name,
        pool: this.#poolName(member.pool),
        ...this.#judge(member),
      })),
      byHand: this.weightsByHand(),
      failOpenSince: this.open?.since,
      slowStarts: this.standings.slowStarts(),
    };
  }

  /** Whether a weight that an operator has set in the predecessor still holds. */
  #isWeightKept(former: Membership, { pool: index, fileWeight }: Membership): boolean {
    const { frontend: before } = former;
    const [pool, formerPool] = [this.#poolName(index), before.#poolName(former.pool)];
    const isRenamed = !this.#hasPool(formerPool) && !before.#hasPool(pool);
    return (pool === formerPool || isRenamed) && fileWeight === former.fileWeight;
  }

  #announce(member: Membership, into: EventData[], at: Moment): void {
    const effective = this.#judge(member).weight;
    const now = { configured: member.weight, effective };
    const { told } = member;
    this.standings.noteUse(member, effective, at.now);
    if (told.configured === now.configured && told.effective === now.effective) return;
    member.told = now;
    into.push(this.#change(member, told, now));
  }

  #change(member: Membership, from: ToldWeights, to: ToldWeights): EventData<"weight"> {
    return {
      kind: "weight",
      frontend: this.file.name,
      pool: this.#poolName(member.pool),
      backend: member.backend.name,
      configured: { from: from.configured, to: to.configured },
      effective: { from: from.effective, to: to.effective },
      flush: false,
    };
  }

  #judge(member: Membership): Verdict {
    return judgeWeight({
      standing: this.standings.of(member),
      configured: member.weight,
      pool: this.tally.poolRole(member.pool),
      flushOnDown: this.file.flushOnDown,
    });
  }

  #poolName(index: number): string {
    return this.file.pools[index]?.name ?? "";
  }

  #hasPool(name: string): boolean {
    return this.file.pools.some((pool) => pool.name === name);
  }

  /** What the file says, with the weights in force; the same object where they are the file's. */
  #withWeights(): Frontend {
    const members = [...this.members.values()];
    if (members.every(({ weight, fileWeight }) => weight === fileWeight)) return this.file;
    const pools = this.file.pools.map((pool) => ({
      ...pool,
      backends: pool.backends.map((place) => ({
        ...place,
        weight: this.members.get(place.backend)?.weight ?? place.weight,
      })),
    }));
    return { ...this.file, pools };
  }
}

/** What an operator has set of a backend's place; undefined while the file's weight is in force. */
function savedWeight(member: Membership): SavedWeight | undefined {
  const { frontend: { file }, backend, pool, weight, fileWeight, said } = member;
  if (weight === fileWeight) return undefined;
  const poolName = file.pools[pool]?.name ?? "";
  return { frontend: file.name, pool: poolName, backend: backend.name, weight, fileWeight, said };
}

/** What is told of a weight that was set by hand and counts no more; `now` is what the file says. */
export function weightEnded(
  { frontend, pool, backend, weight, fileWeight }: SavedWeight,
  now: number | "none",
): EventData<"override"> {
  const file = { from: `${fileWeight}`, to: `${now}` };
  return { kind: "override", backend, frontend, pool, byHand: `${weight}`, file };
}

/** Whether somebody may have come up: by a probe, or by what probes have found while it was held. */
function isFound({ kind }: Reason["cause"]): boolean {
  return kind === "probe" || kind === "safety";
}

const poolCause = { kind: "pool" } as const;

/** Of one of which listeners know nothing. */
const absent: ToldWeights = { configured: "absent", effective: "absent" };
