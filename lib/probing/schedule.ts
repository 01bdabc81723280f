import { type Health, nextDelay, recheck, step } from "../health/mod.ts";
import { type Logger, reasonOf } from "../log/mod.ts";
import type { CancelProbe, ProbeResult, ProbeTarget, StartProbe } from "../probes/mod.ts";
import { FatalError } from "../supervisor/mod.ts";
import type { Clock } from "../time/mod.ts";
import { Board } from "./board.ts";
import { nextDue } from "./next_due.ts";
import { Scheduler, stallMs } from "./scheduler.ts";
import type { Order, ProbeLink, Report, ScheduleStats, StartProbing } from "./types.ts";

/** A prober that has not answered so long after the timeout is given up. */
const graceMs = 2_000;

/**
 * The longest delay after a probe that could not be made: far less than an interval can be, and less
 * than it takes until maglevd says that nothing lacks any more.
 */
const lackRetryMs = 5_000;

/**
 * What is probed, what is known of it, and where its probing stands. Its timer, of the same number,
 * says when the next probe starts; while one is on its way, when that is given up.
 */
class Row {
  /** How many probes were started. */
  probes = 0;
  /** Which of them is on its way: never more than one. 0 for none. */
  underway = 0;
  /** It should have ended by now, and gets a last chance to. */
  isOverdue = false;
  cancel: CancelProbe | undefined;
  /** The last result did not count because the process had been stopped. */
  excused = false;
  /** Nothing has been told since it was aimed. */
  isNew = true;

  constructor(
    readonly number: number,
    public revision: number,
    public target: ProbeTarget,
    public health: Health,
  ) {}
}

/** What a {@link Schedule} needs. */
export interface ScheduleOptions {
  readonly startProbe: StartProbe;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Told of an error after which the process has to end. */
  readonly fatal: (error: FatalError) => void;
}

/**
 * Probes each row again and again, and counts: the next probe is due one delay, jittered, after the
 * last one was due, however long that took; if it is still on its way then, when it ends. What each
 * result means is said by `health`.
 */
export class Schedule implements ProbeLink {
  readonly #options: ScheduleOptions;
  readonly #tell: (report: Report) => void;
  readonly #scheduler: Scheduler;
  readonly #board = new Board();
  readonly #rows: (Row | undefined)[] = [];
  /**
   * Of each row, when its last probe was due and when it started: by the clock, which also counts
   * while the schedule stands still.
   */
  #times = new Float64Array(0);
  #wantsPulses = false;
  #running = 0;
  #excused = 0;
  #done = 0;

  /** Reports go to `tell`. */
  constructor(options: ScheduleOptions, tell: (report: Report) => void) {
    this.#options = options;
    this.#tell = tell;
    this.#scheduler = new Scheduler(
      options.clock,
      (number, latenessMs, now) => this.#comesUp(number, latenessMs, now),
      // While a probe is on its way, its row's timer is not for a start.
      (number) => this.#rows[number]?.underway === 0,
    );
  }

  order(order: Order): void {
    switch (order.kind) {
      case "grow":
        return this.#grow(order.memory);
      case "aim": {
        const { row: number, revision, target, health, withinMs } = order;
        this.#halt(number);
        const row = new Row(number, revision, target, health);
        this.#rows[number] = row;
        this.#board.restart(number, revision);
        return this.#begin(row, withinMs);
      }
      case "retime": {
        const row = this.#rows[order.row];
        if (!row) return;
        const formerMs = delayOf(row);
        row.health = recheck(row.health, row.target.check, order.target.check, "timing");
        row.target = order.target;
        row.revision = order.revision;
        if (delayOf(row) < formerMs) this.#hasten(row, order.withinMs);
        return;
      }
      case "halt":
        return this.#halt(order.row);
      case "pulses":
        this.#wantsPulses = order.wanted;
    }
  }

  stats(): ScheduleStats {
    return {
      ...this.#scheduler.punctuality(),
      excused: this.#excused,
      done: this.#done,
      running: this.#running,
      scheduled: this.#scheduler.size - this.#running,
    };
  }

  close(): void {
    this.#scheduler.close();
    for (const row of this.#rows) if (row) this.#halt(row.number);
  }

  #grow(memory: SharedArrayBuffer): void {
    this.#board.grow(memory);
    const times = new Float64Array(2 * this.#board.rows);
    times.set(this.#times);
    this.#times = times;
  }

  /** Has the next probe come at a random moment within `withinMs`. */
  #begin({ number }: Row, withinMs: number): void {
    this.#scheduler.at(number, this.#scheduler.now() + withinMs * this.#options.random());
  }

  /**
   * The next probe is due sooner by the present delay than it was set for: as long after the last
   * one as that says, or within `withinMs` where that has passed. Others keep their moment, or each
   * new configuration would be a burst of probes.
   */
  #hasten(row: Row, withinMs: number): void {
    const { number, probes, underway } = row;
    if (probes === 0 || underway !== 0 || !this.#scheduler.isSet(number)) return;
    const [now, at] = [this.#scheduler.now(), this.#nextDue(row, delayOf(row))];
    const soon = at > now ? at : now + withinMs * this.#options.random();
    this.#scheduler.at(number, Math.min(soon, this.#scheduler.due(number)));
  }

  /** Forgets a row; a probe on its way is cancelled. */
  #halt(number: number): void {
    const row = this.#rows[number];
    if (!row) return;
    this.#rows[number] = undefined;
    const { cancel } = row;
    if (this.#land(row, row.underway)) cancel?.();
    this.#scheduler.clear(number);
  }

  #comesUp(number: number, latenessMs: number, now: number): void {
    const row = this.#rows[number];
    if (!row) return;
    if (row.underway === 0) return this.#start(row, now);
    if (row.isOverdue && latenessMs <= stallMs) return this.#giveUp(row);
    // If the process was stopped until now, the prober has had no chance to answer either.
    row.isOverdue = true;
    this.#scheduler.at(number, this.#scheduler.now() + stallMs);
  }

  #start(row: Row, now: number): void {
    const { number, target } = row;
    const probe = row.underway = ++row.probes;
    row.isOverdue = false;
    this.#running++;
    this.#times[2 * number] = this.#scheduler.due(number);
    this.#times[2 * number + 1] = now;
    this.#board.noteRunning(number, this.#options.clock.wall());
    this.#scheduler.after(number, target.check.timeoutMs + graceMs);
    try {
      row.cancel = this.#options.startProbe(target, (result) => {
        if (this.#land(row, probe)) this.#judge(row, result);
      });
    } catch (error) {
      this.#fail(row, "probe-failed", `the probe cannot be started: ${reasonOf(error)}`);
      if (!(error instanceof FatalError)) return;
      // Until the process has ended, nothing more may begin in the wrong place.
      this.close();
      this.#options.fatal(error);
    }
  }

  /** The prober did not answer in time, and one lost probe must not end all probing. */
  #giveUp(row: Row): void {
    row.cancel?.();
    const waited = row.target.check.timeoutMs + graceMs;
    this.#fail(row, "probe-lost", `the prober did not answer for ${waited} ms`);
  }

  /** Ends a probe for a reason that lies here and not with the backend. */
  #fail(row: Row, msg: string, detail: string): void {
    if (!this.#land(row, row.underway)) return;
    this.#options.log.error(msg, { backend: row.target.backend, err: detail });
    const durationMs = this.#scheduler.now() - this.#dueOf(row);
    this.#takeIn(row, { ok: false, code: "SOCKERR", detail, durationMs });
  }

  /** Whether this probe of the row was still on its way; it no longer is. */
  #land(row: Row, probe: number): boolean {
    if (probe === 0 || row.underway !== probe) return false;
    row.underway = 0;
    row.cancel = undefined;
    this.#board.noteRunning(row.number, 0);
    this.#running--;
    this.#scheduler.clear(row.number);
    return true;
  }

  /**
   * A probe that failed long after its deadline says that this process was stopped and not that
   * the backend is down: it is done again. Only once, or an overloaded host would stay blind. What
   * says nothing of the backend itself takes no excuse.
   */
  #judge(row: Row, result: ProbeResult): void {
    const isDubious = !result.ok && this.#tookMs(row) > row.target.check.timeoutMs + stallMs;
    const saysSomething = result.code !== "SOCKERR";
    if (!isDubious || (saysSomething && row.excused)) {
      if (saysSomething) row.excused = false;
      return this.#takeIn(row, result);
    }
    this.#excused++;
    if (!saysSomething) return this.#takeIn(row, result);
    row.excused = true;
    const detail = `maglevd itself stood still: ${result.code} ${result.detail}`.trimEnd();
    this.#lack(row, { ...result, code: "SOCKERR", detail });
    if (this.#isIdle(row)) this.#begin(row, 0);
  }

  #takeIn(row: Row, result: ProbeResult): void {
    const delayMs = result.code === "SOCKERR" ? this.#lack(row, result) : this.#count(row, result);
    if (this.#isIdle(row)) this.#scheduler.at(row.number, this.#nextDue(row, delayMs));
  }

  #nextDue(row: Row, delayMs: number): number {
    return nextDue(this.#dueOf(row), delayMs, this.#options.random(), this.#scheduler.size);
  }

  /** Whether its next probe has to be set: whoever was told may have ordered something else. */
  #isIdle(row: Row): boolean {
    const { number, underway } = row;
    return this.#rows[number] === row && underway === 0 && !this.#scheduler.isSet(number);
  }

  #dueOf({ number }: Row): number {
    return this.#times[2 * number] ?? 0;
  }

  #tookMs({ number }: Row): number {
    return this.#options.clock.now() - (this.#times[2 * number + 1] ?? 0);
  }

  /**
   * A probe could not be made for a lack of our own: it says nothing about the backend, and the
   * next one comes soon. Returns the delay in milliseconds.
   */
  #lack(row: Row, result: ProbeResult): number {
    this.#report("lack", row, result);
    return Math.min(delayOf(row), row.target.check.fastIntervalMs, lackRetryMs);
  }

  /** A result that says something. Returns the delay to the next probe in milliseconds. */
  #count(row: Row, result: ProbeResult): number {
    const { target: { check } } = row;
    const outcome = step(row.health, result.ok ? "pass" : "fail", check);
    const before = row.health.state;
    if (outcome.kind === "done") row.health = outcome.health;
    const isVerdict = row.isNew || row.health.state !== before;
    row.isNew = false;
    this.#report(isVerdict ? "verdict" : "pulse", row, result);
    return delayOf(row);
  }

  #report(kind: Report["kind"], row: Row, outcome: ProbeResult): void {
    const { code, durationMs, certificateEnd } = outcome;
    const { number, revision, health } = row;
    this.#done++;
    this.#board.count(number, code, durationMs);
    if (certificateEnd !== undefined) this.#board.noteCertificate(number, certificateEnd);
    const at = this.#options.clock.wall();
    if (kind !== "lack") this.#board.note(number, revision, health.counter, outcome, at);
    if (kind === "pulse" && !this.#wantsPulses) return;
    const { ok, detail } = outcome;
    this.#tell({
      kind,
      row: number,
      revision,
      health,
      result: { ok, code, detail, durationMs, at },
    });
  }
}

/** From one probe to the next, in milliseconds, by what is known now. */
function delayOf({ health: { state, counter }, target: { check } }: Row): number {
  return nextDelay(state, counter, check);
}

/** Probes on this thread: for tests, simulations, and where there is nothing to be isolated from. */
export function onThisThread(options: ScheduleOptions): StartProbing {
  return (tell) => new Schedule(options, tell);
}
