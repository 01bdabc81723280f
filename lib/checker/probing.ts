import { type Logger, reasonOf } from "../log/mod.ts";
import type { CancelProbe, ProbeResult, ProbeTarget, StartProbe } from "../probes/mod.ts";
import { FatalError } from "../supervisor/mod.ts";
import type { Clock } from "../time/mod.ts";
import { type Punctuality, Scheduler, stallMs } from "./scheduler.ts";
import { WheelTimer } from "./wheel.ts";

/** How far a delay may be off, as a part of it. */
const jitter = 0.1;

/** A prober that has not answered so long after the timeout is given up. */
const graceMs = 2_000;

/** A probe on its way. */
interface Flight {
  /** By the clock, which also counts while the schedule stands still. */
  readonly startedAt: number;
  /** Its result does not count any more. */
  ignored: boolean;
  /** It should have ended by now, and gets a last chance to. */
  overdue: boolean;
  /** It has landed or was cancelled. */
  over: boolean;
  cancel: CancelProbe | undefined;
}

/** What is probed, and where its probing stands. */
export class ProbeJob<T> {
  /** When the next probe starts; while one is on its way, when that is given up. */
  readonly timer: WheelTimer<ProbeJob<T>> = new WheelTimer(this);
  /** The probe on its way: never more than one. */
  flight: Flight | undefined;
  /** When the last probe was due. */
  due = 0;
  /** The last result did not count because the process had been stopped. */
  excused = false;

  constructor(readonly owner: T, readonly name: string, public target: ProbeTarget) {}
}

/** What {@link Probing} needs. */
export interface ProbingOptions<T> {
  readonly startProbe: StartProbe;
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Takes a result in. Returns the delay to the next probe in ms, undefined for no next one. */
  readonly onResult: (owner: T, result: ProbeResult) => number | undefined;
  /** The same for a probe that could not be made for a lack of our own: code SOCKERR. */
  readonly onLack: (owner: T, result: ProbeResult) => number | undefined;
  /** Told of an error after which the process has to end. */
  readonly fatal: (error: FatalError) => void;
}

/**
 * Probes each job again and again: the next probe is due one delay, jittered, after the last one
 * was due, however long that took; if it is still on its way then, when it ends.
 */
export class Probing<T> {
  readonly #options: ProbingOptions<T>;
  readonly #scheduler: Scheduler<ProbeJob<T>>;
  #running = 0;
  #excused = 0;

  constructor(options: ProbingOptions<T>) {
    this.#options = options;
    this.#scheduler = new Scheduler(
      options.clock,
      (job, latenessMs) => this.#comesUp(job, latenessMs),
      // While a probe is on its way, its job's timer is not for a start.
      (job) => job.flight === undefined,
    );
  }

  /** Probes on their way. */
  get running(): number {
    return this.#running;
  }

  /** Jobs waiting for their next probe. */
  get scheduled(): number {
    return this.#scheduler.size - this.#running;
  }

  /** Failures that did not count because the process had been stopped. */
  get excused(): number {
    return this.#excused;
  }

  /** How punctual the starts were. */
  punctuality(): Punctuality {
    return this.#scheduler.punctuality();
  }

  /** Starts probing anew, the first time at a random moment within `withinMs`. */
  begin(job: ProbeJob<T>, withinMs: number): void {
    this.halt(job);
    this.#scheduler.at(job.timer, this.#scheduler.now() + withinMs * this.#options.random());
  }

  /** Stops probing; a probe on its way is cancelled. */
  halt(job: ProbeJob<T>): void {
    this.#scheduler.clear(job.timer);
    const flight = job.flight;
    if (flight && this.#land(job, flight)) flight.cancel?.();
  }

  /** Has the next probe come within `withinMs`; a probe on its way goes on as it is. */
  hasten(job: ProbeJob<T>, withinMs: number): void {
    if (!job.flight || job.flight.ignored) this.begin(job, withinMs);
  }

  /**
   * Stops probing at next to no cost: a probe on its way is left alone but will not count.
   * `begin`, `hasten` or `halt` has to follow.
   */
  freeze(job: ProbeJob<T>): void {
    this.#scheduler.clear(job.timer);
    if (job.flight) job.flight.ignored = true;
  }

  /** Stops everything for good. `halt` each job as well. */
  close(): void {
    this.#scheduler.close();
  }

  #comesUp(job: ProbeJob<T>, latenessMs: number): void {
    const { flight } = job;
    if (!flight) return this.#start(job);
    if (flight.overdue && latenessMs <= stallMs) return this.#giveUp(job, flight);
    // If the process was stopped until now, the prober has had no chance to answer either.
    flight.overdue = true;
    this.#scheduler.at(job.timer, this.#scheduler.now() + stallMs);
  }

  #start(job: ProbeJob<T>): void {
    const startedAt = this.#options.clock.now();
    const flight: Flight = {
      startedAt,
      ignored: false,
      overdue: false,
      over: false,
      cancel: undefined,
    };
    job.flight = flight;
    job.due = job.timer.due;
    this.#running++;
    const now = this.#scheduler.now();
    this.#scheduler.at(job.timer, now + job.target.check.timeoutMs + graceMs);
    try {
      flight.cancel = this.#options.startProbe(job.target, (result) => {
        if (this.#land(job, flight) && !flight.ignored) this.#judge(job, flight, result);
      });
    } catch (error) {
      this.#fail(job, flight, "probe-failed", `the probe cannot be started: ${reasonOf(error)}`);
      if (error instanceof FatalError) this.#options.fatal(error);
    }
  }

  /** The prober broke its word to answer in time, and one lost probe must not end all probing. */
  #giveUp(job: ProbeJob<T>, flight: Flight): void {
    flight.cancel?.();
    const waited = job.target.check.timeoutMs + graceMs;
    this.#fail(job, flight, "probe-lost", `the prober did not answer for ${waited} ms`);
  }

  /** Ends a probe for a reason that lies here and not with the backend. */
  #fail(job: ProbeJob<T>, flight: Flight, msg: string, detail: string): void {
    if (!this.#land(job, flight)) return;
    this.#options.log.error(msg, { backend: job.name, err: detail });
    const durationMs = this.#scheduler.now() - job.due;
    if (!flight.ignored) this.#takeIn(job, { ok: false, code: "SOCKERR", detail, durationMs });
  }

  /** Whether the probe was still on its way; it no longer is. */
  #land(job: ProbeJob<T>, flight: Flight): boolean {
    if (flight.over) return false;
    flight.over = true;
    this.#running--;
    if (job.flight === flight) job.flight = undefined;
    return true;
  }

  /**
   * A probe that failed long after its deadline says that this process was stopped and not that
   * the backend is down: it is done again. Only once, or an overloaded host would stay blind.
   */
  #judge(job: ProbeJob<T>, flight: Flight, result: ProbeResult): void {
    const tookMs = this.#options.clock.now() - flight.startedAt;
    const isDubious = !result.ok && tookMs > job.target.check.timeoutMs + stallMs;
    if (!isDubious || job.excused) {
      job.excused = false;
      return this.#takeIn(job, result);
    }
    job.excused = true;
    this.#excused++;
    const detail = `maglevd itself stood still: ${result.code} ${result.detail}`.trimEnd();
    this.#options.onLack(job.owner, { ...result, code: "SOCKERR", detail });
    this.begin(job, 0);
  }

  #takeIn(job: ProbeJob<T>, result: ProbeResult): void {
    const { onResult, onLack, random } = this.#options;
    const delayMs = result.code === "SOCKERR"
      ? onLack(job.owner, result)
      : onResult(job.owner, result);
    if (delayMs === undefined) return;
    const factor = 1 + jitter * (2 * random() - 1);
    this.#scheduler.at(job.timer, job.due + delayMs * factor);
  }
}
