import type { CheckType } from "../config/mod.ts";
import { type Health, type Recheck, recheck } from "../health/mod.ts";
import { Board, type Counts, newPart } from "./board.ts";
import { kindOf, type Place, type ProbeJob } from "./job.ts";
import type { DatedResult, ProbeLink, Report, ScheduleStats, StartProbing } from "./types.ts";

/** What {@link Probing} needs. */
export interface ProbingOptions<T> {
  readonly start: StartProbing;
  /** The first result since probing began, or one that changed the state. */
  readonly onVerdict: (owner: T, health: Health, result: DatedResult) => void;
  /** A probe could not be made for a lack of our own: code SOCKERR. */
  readonly onLack: (owner: T, result: DatedResult) => void;
  /** Any result at all, while {@link Probing.watch} says so, and those told of anyhow. */
  readonly onPulse: (owner: T, result: DatedResult) => void;
  /** So much was counted of probes of this type since it was told last. */
  readonly onTally: (owner: T, type: CheckType, counts: Counts) => void;
}

/**
 * The side of whoever decides: has backends probed, wherever that is done, and is told what changes
 * their state. Everything else that was found out is on the board, to be looked at any time.
 */
export class Probing<T> {
  readonly #options: ProbingOptions<T>;
  readonly #link: ProbeLink;
  readonly #board = new Board();
  /** By row. */
  readonly #jobs: (ProbeJob<T> | undefined)[] = [];
  /** Rows that nobody has, by whether they were for TLS: they stay with those who wrote them. */
  readonly #free = { plain: [] as number[], tls: [] as number[] };
  /** The last that was given to any row: nobody takes one backend's reports for another's. */
  #revision = 0;

  constructor(options: ProbingOptions<T>) {
    this.#options = options;
    this.#link = options.start((report) => this.#hear(report));
  }

  /** How probing keeps up. */
  stats(): ScheduleStats {
    return this.#link.stats();
  }

  /**
   * Begins to probe the job's target, of which `health` is known, the first time within `withinMs`.
   * What was found out before counts no more.
   */
  aim(job: ProbeJob<T>, health: Health, withinMs: number): void {
    job.outdate(++this.#revision);
    const { row } = this.#placeOf(job);
    const { revision, target } = job;
    this.#link.order({ kind: "aim", row, revision, target, health, withinMs });
  }

  /**
   * Goes on with the job's target as it is now, which is probed alike, if at other times: what was
   * found out holds. The next probe comes when it was to, or sooner where that is too late by the
   * new intervals: within `withinMs` if it is overdue by them.
   */
  retime(job: ProbeJob<T>, withinMs: number): void {
    const { place, revision, target } = job;
    if (place) this.#link.order({ kind: "retime", row: place.row, revision, target, withinMs });
  }

  /**
   * The job's target has changed in this way, so that what comes of the one before counts no more,
   * or by another count. `aim`, `retime` or `halt` has to follow. Costs next to nothing.
   */
  outdate(job: ProbeJob<T>, what: Recheck): void {
    if (what === "target") job.outdate(++this.#revision);
    else job.revision = ++this.#revision;
  }

  /** Probes the job no more, until it is aimed again. */
  halt(job: ProbeJob<T>): void {
    this.outdate(job, "target");
    if (job.place) this.#link.order({ kind: "halt", row: job.place.row });
  }

  /** Probes the job never again, and forgets what was counted of it. */
  forget(job: ProbeJob<T>): void {
    this.halt(job);
    const { place } = job;
    if (!place) return;
    job.place = undefined;
    this.#jobs[place.row] = undefined;
    this.#freeOf(place).push(place.row);
  }

  /** Tells what was counted of the job since it was told last. */
  tally(job: ProbeJob<T>): void {
    const { place } = job;
    if (place) this.#options.onTally(job.owner, place.kind.type, this.#board.tally(place.row));
  }

  /** Whether each single result is to be told from now on. */
  watch(wanted: boolean): void {
    this.#link.order({ kind: "pulses", wanted });
  }

  /** Whose probe began at `latest` or before and is under way, and when it began: Unix milliseconds. */
  *running(latest: number): Generator<readonly [owner: T, since: number]> {
    for (const [row, job] of this.#jobs.entries()) {
      if (!job) continue;
      const since = this.#board.runningSince(row, job.countsFrom);
      if (since !== undefined && since <= latest) yield [job.owner, since];
    }
  }

  /** Stops everything for good. */
  close(): void {
    this.#link.close();
  }

  /** A job's row, which is another one when it is probed in another way. */
  #placeOf(job: ProbeJob<T>): Place {
    const kind = kindOf(job.target);
    const known = job.place;
    if (known && known.kind.type === kind.type && known.kind.isTls === kind.isTls) return known;
    this.tally(job);
    this.forget(job);
    const row = this.#freeOf({ kind }).pop() ?? this.#newRow();
    this.#jobs[row] = job;
    // What was counted there of another job is nobody's.
    this.#board.tally(row);
    return job.place = { board: this.#board, row, kind };
  }

  #freeOf({ kind: { isTls } }: Pick<Place, "kind">): number[] {
    return isTls ? this.#free.tls : this.#free.plain;
  }

  #newRow(): number {
    const row = this.#jobs.length;
    if (row === this.#board.rows) {
      const memory = newPart();
      this.#board.grow(memory);
      this.#link.order({ kind: "grow", memory });
    }
    this.#jobs.push(undefined);
    return row;
  }

  #hear({ kind, row, revision, health, result }: Report): void {
    const job = this.#jobs[row];
    if (!job || revision < job.countsFrom) return;
    this.#options.onPulse(job.owner, result);
    if (kind === "lack") this.#options.onLack(job.owner, result);
    if (kind !== "verdict") return;
    const { check } = job.target;
    // Counted by a check that has been replaced meanwhile, it may be off the scale.
    this.#options.onVerdict(job.owner, recheck(health, check, check, "timing"), result);
  }
}
