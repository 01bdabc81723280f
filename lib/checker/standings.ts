import type { Frontend } from "../config/mod.ts";
import type { EventData } from "../events/mod.ts";
import {
  FrontendTally,
  type LastUse,
  nextLastUse,
  partOf,
  presumedInUse,
  type Role,
  roleOf,
  slowStartPercent,
  slowStartStep,
  slowStartStepAt,
  slowStartSteps,
  type Standing,
  type Weight,
} from "../health/mod.ts";
import type { Moment, Steps } from "../time/mod.ts";
import {
  type FailOpen,
  failOpenNews,
  openAfter,
  restoredFailOpen,
  type SavedFailOpen,
  standingUnder,
  useOnJoining,
} from "./fail_open.ts";
import { type BackendEntry, type Membership, phaseIn, type Rise } from "./backend.ts";
import { slowStartNews } from "./slow_starts.ts";

/** What became of a frontend's measures and was not told yet. */
export interface News {
  readonly events: EventData[];
  /** Whether the weights of any of its backends may be others because of that. */
  readonly isOfAll: boolean;
}

/** What backends were before a reload. */
export interface Former {
  /** The name of one that has another one now. */
  readonly nameOf: (backend: BackendEntry) => string | undefined;
  /** The address at which one was. */
  readonly addressOf: (backend: BackendEntry) => string;
}

/**
 * How the backends of one frontend stand there: what they are to it as a whole, and what the measures
 * that keep traffic safe make of them.
 */
export class Standings {
  #tally: FrontendTally;
  #open: FailOpen | undefined;
  /** What was restored of who was in use. */
  #uses: ReadonlyMap<string, LastUse> | undefined;
  #news: EventData[] = [];
  #isNewsOfAll = false;
  /** Backends that have come up and have not all of their weights. */
  #climbing = 0;
  /** Names of backends that have come up, whether they have all of their weights or not. */
  #risers = new Set<string>();
  /** Names of backends that are held because they flap. */
  #flapping = new Set<string>();

  constructor(readonly file: Frontend, readonly members: ReadonlyMap<string, Membership>) {
    this.#tally = new FrontendTally(file.pools.length);
  }

  /** What its backends come to; every change of one of them goes through it. */
  get tally(): FrontendTally {
    return this.#tally;
  }

  /** Names of those that are held down because they flap. */
  get flapping(): ReadonlySet<string> {
    return this.#flapping;
  }

  /** A backend is held, or is not any more. */
  noteFlapping(member: Membership): void {
    const { backend: { name, hold } } = member;
    if (hold) this.#flapping.add(name);
    else this.#flapping.delete(name);
  }

  /** Set while weights do not follow health. */
  get open(): FailOpen | undefined {
    return this.#open;
  }

  /**
   * Begins with what was kept of its fail-open; before `begin`. Who was not known (`isKnown`) when that
   * was kept has another name now, or is new: VPP alone knows what it carries.
   */
  restore(saved: SavedFailOpen, isKnown: (backend: string) => boolean, at: Moment): void {
    const { open, uses } = restoredFailOpen(saved, at);
    this.#open = open;
    for (const name of this.members.keys()) if (!isKnown(name)) uses.set(name, presumedInUse);
    this.#uses = uses;
  }

  /**
   * Counts the backends as they are at this moment, going on with what `before` knew of
   * them as what `former` tells. `isKnown`: listeners know that one by this name.
   */
  begin(
    before: Standings | undefined,
    isKnown: boolean,
    former: Former,
    at: Moment,
  ): void {
    if (before) this.#open = before.#open;
    if (before && isKnown) this.#goOnRising(before);
    for (const member of this.members.values()) {
      const { backend } = member;
      const known = before?.members.get(former.nameOf(backend) ?? backend.name);
      member.lastUse = this.#uses ? this.#uses.get(backend.name) : useOnJoining(member, known);
      this.noteFlapping(member);
      member.isNew = before !== undefined && !known && !before.#hadServer(member, former);
      member.role = roleOf(this.of(member));
      this.tally.add(member.pool, member.weight, member.role);
    }
    if (this.#open && !isKnown) this.#tell(failOpenNews(this, "begun"), true);
    this.#reconsider(at);
    this.#relieve();
  }

  /** Stands as `other` does, whose members these are copies of. */
  resemble(other: Standings): void {
    this.#tally = other.tally.copy();
    this.#open = other.#open;
    this.#climbing = other.#climbing;
    this.#risers = new Set(other.#risers);
    this.#flapping = new Set(other.#flapping);
  }

  /** Counts its members anew, one a step: some may be copies of an earlier or later moment. */
  *recount(): Steps<void> {
    const tally = new FrontendTally(this.file.pools.length);
    this.#climbing = 0;
    this.#risers.clear();
    this.#flapping.clear();
    for (const member of this.members.values()) {
      const { rise } = member;
      member.rise = undefined;
      this.#setRise(member, rise);
      this.noteFlapping(member);
      member.role = roleOf(this.of(member));
      tally.add(member.pool, member.weight, member.role);
      yield;
    }
    this.#tally = tally;
  }

  /** The sum of the effective weights that are known. */
  get weight(): number {
    const { weight, activePool } = this.tally;
    if (this.#climbing === 0) return weight;
    return this.#rising().filter(([{ pool }]) => pool === activePool).reduce(
      (sum, [{ weight: whole }, { step }]) =>
        sum - whole + (whole > 0 ? partOf(whole, slowStartPercent(step)) : 0),
      weight,
    );
  }

  /** How a backend stands here. */
  of(member: Membership): Standing {
    const { backend } = member;
    const drain = phaseIn(backend.drain, this.file.name);
    const standing = standingUnder(this.#open, member.lastUse, { ...backend.standing, drain });
    return member.rise ? { ...standing, risen: slowStartPercent(member.rise.step) } : standing;
  }

  /**
   * A backend stands otherwise from now on, by a probe if it may start slowly. Tells whether it does.
   */
  moved(member: Membership, moment: Moment, isProbed: boolean): boolean {
    const { role } = member;
    this.#count(member);
    const rises = isProbed && this.file.slowStartMs > 0 && comesUp(member, role);
    if (rises) {
      const step = this.#isWarmBeside(member) ? 1 : slowStartSteps;
      this.#setRise(member, { since: moment.now, step });
      this.#count(member);
      if (step < slowStartSteps) this.#tell(slowStartNews(member, "begun"), false);
    }
    this.#reconsider(moment);
    this.#relieve();
    return rises;
  }

  /** A weight was set. */
  reweighed({ pool, weight: before, role }: Membership, weight: number): void {
    this.tally.reweighed(pool, before, weight, role);
    this.#relieve();
  }

  /** Those that have come up and have not all of their weights, with how much, in percent. */
  slowStarts(): Map<string, number> {
    if (this.#climbing === 0) return new Map();
    return new Map(
      this.#rising().filter(([, rise]) => isClimbing(rise))
        .map(([{ backend }, { step }]) => [backend.name, slowStartPercent(step)]),
    );
  }

  /** When `climb` has something to do; Infinity: never. */
  get climbsAt(): number {
    const { slowStartMs } = this.file;
    const next = this.#rising().map(([, { since, step }]) =>
      since + slowStartStepAt(Math.min(slowStartSteps, step + 1), slowStartMs)
    );
    return Math.min(...next);
  }

  /** Takes those that have come up to the step of `now`; tells whose weights may be others now. */
  climb(now: number): Membership[] {
    const { slowStartMs } = this.file;
    return this.#rising().map(([member, { since, step }]) => {
      const isOver = now - since >= slowStartMs;
      const next = Math.max(step, slowStartStep(now - since, slowStartMs));
      this.#setRise(member, isOver ? undefined : { since, step: next });
      if (isOver) this.#count(member);
      if (isOver && step < slowStartSteps) this.#tell(slowStartNews(member, "ended"), false);
      return member;
    });
  }

  /** A backend's effective weight is this at `now` of the clock that is never set. */
  noteUse(member: Membership, effective: Weight, now: number): void {
    const { state, drain } = member.backend.standing;
    const isDown = state === "down" && drain === undefined;
    member.lastUse = nextLastUse(member.lastUse, effective, isDown, now);
  }

  /** What is to be told, once. */
  takeNews(): News {
    const news = { events: this.#news, isOfAll: this.#isNewsOfAll };
    this.#news = [];
    this.#isNewsOfAll = false;
    return news;
  }

  /** What is told of what ends because the file has the frontend no more. */
  farewell(): EventData[] {
    return [
      ...this.#open ? [failOpenNews(this, "ended")] : [],
      ...Array.from(this.slowStarts().keys(), (name) => this.members.get(name))
        .flatMap((member) => member ? [slowStartNews(member, "ended")] : []),
    ];
  }

  /** Goes on with the slow starts of `before` where they are still those of the same backend. */
  #goOnRising(before: Standings): void {
    for (const [former, rise] of before.#rising()) {
      const member = this.members.get(former.backend.name);
      const isSame = member?.backend === former.backend && this.file.slowStartMs > 0;
      if (isSame && isCarrying(member)) this.#setRise(member, rise);
      else if (rise.step < slowStartSteps) this.#tell(slowStartNews(former, "ended"), false);
    }
  }

  /** Whether somebody else in its pool carries traffic, and not only since a moment ago. */
  #isWarmBeside({ pool, weight, role }: Membership): boolean {
    this.tally.moved(pool, weight, role, "out");
    const isWarm = this.tally.isWarm(pool);
    this.tally.moved(pool, weight, "out", role);
    return isWarm;
  }

  /** Whether there was a server at the same address. */
  #hadServer({ backend: { config: { address } } }: Membership, { addressOf }: Former): boolean {
    return this.members.values().some(({ backend }) => addressOf(backend) === address.text);
  }

  #rising(): [Membership, Rise][] {
    return [...this.#risers].flatMap((name): [Membership, Rise][] => {
      const member = this.members.get(name);
      return member?.rise ? [[member, member.rise]] : [];
    });
  }

  /** Where nobody else carries a pool's traffic, those that have come up get all of their weights. */
  #relieve(): void {
    if (this.#climbing === 0 || this.file.pools.every((_, pool) => this.tally.isWarm(pool))) return;
    for (const [member, { since, step }] of this.#rising()) {
      if (step === slowStartSteps || this.tally.isWarm(member.pool)) continue;
      this.#setRise(member, { since, step: slowStartSteps });
      this.#tell(slowStartNews(member, "ended", "no other server carries its pool"), true);
    }
  }

  #setRise(member: Membership, rise: Rise | undefined): void {
    this.#climbing += +isClimbing(rise) - +isClimbing(member.rise);
    member.rise = rise;
    if (rise) this.#risers.add(member.backend.name);
    else this.#risers.delete(member.backend.name);
  }

  #count(member: Membership): void {
    const { rise } = member;
    if (rise && !isCarrying(member)) {
      this.#setRise(member, undefined);
      if (rise.step < slowStartSteps) this.#tell(slowStartNews(member, "ended"), false);
    }
    const role = roleOf(this.of(member));
    this.tally.moved(member.pool, member.weight, member.role, role);
    member.role = role;
  }

  /** Begins a fail-open, or ends it, if that is due. */
  #reconsider(at: Moment): void {
    const open = openAfter(this, this.#open, this.tally.census, at);
    if (open === this.#open) return;
    this.#open = open;
    for (const member of this.members.values()) this.#count(member);
    this.#tell(failOpenNews(this, open ? "begun" : "ended"), true);
  }

  #tell(event: EventData, isOfAll: boolean): void {
    this.#news.push(event);
    this.#isNewsOfAll ||= isOfAll;
  }
}

function isClimbing(rise: Rise | undefined): boolean {
  return rise !== undefined && rise.step < slowStartSteps;
}

function isCarrying({ backend: { state, drain } }: Membership): boolean {
  return state === "up" && drain === undefined;
}

/** Whether a backend of which something is known already has come up, that was not in use before. */
function comesUp({ role, told, isNew }: Membership, before: Role): boolean {
  if (role !== "up" || before === "up" || before === "rising" || before === "held") return false;
  // Since the start of maglevd nothing was known of it: it may have carried traffic all the time.
  return told.effective !== "kept" || isNew;
}
