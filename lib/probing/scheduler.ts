import type { Clock, Timer } from "../time/mod.ts";
import { TimerWheel, type WheelTimer } from "./wheel.ts";

/** Started later than this after it was due, a probe counts as late: half the jitter of 1 s. */
const lateMs = 50;

/**
 * When the oldest overdue timer is this late, the process was stopped or cannot keep up. The
 * schedule then stands still for that time instead of catching up in a burst.
 */
export const stallMs = 100;

/** One turn of the event loop runs at most so many timers, … */
const batchSize = 256;

/** … and no further one after so many milliseconds. */
const batchMs = 4;

/** How punctual a scheduler was since it was made. */
export interface Punctuality {
  /** Timers that came up more than 50 ms after they were due, or will; each of them once. */
  readonly late: number;
  /** The worst delay of a timer, in milliseconds. */
  readonly maxLatenessMs: number;
  /** How often the schedule was moved because the process had stalled. */
  readonly stalls: number;
}

/**
 * Calls `run` for each timer that falls due, with how late it is, in batches short enough to leave
 * the event loop alone. Asleep in between: one timer of the clock, armed for the first thing due.
 *
 * Its time is the clock's without the stalls, so that after one every timer keeps its distance
 * from every other.
 */
export class Scheduler<T> {
  readonly #clock: Clock;
  readonly #run: (owner: T, latenessMs: number) => void;
  readonly #counts: (owner: T) => boolean;
  readonly #wheel = new TimerWheel<T>();
  /** The clock's time that was 0 here. */
  #zero: number;
  #alarm: { readonly timer: Timer; readonly at: number } | undefined;
  #inBatch = false;
  #closed = false;
  #late = 0;
  #maxLatenessMs = 0;
  #stalls = 0;

  /** `counts` says whether it is counted when a timer comes up late; each one is. */
  constructor(
    clock: Clock,
    run: (owner: T, latenessMs: number) => void,
    counts: (owner: T) => boolean = () => true,
  ) {
    this.#clock = clock;
    this.#run = run;
    this.#counts = counts;
    this.#zero = clock.now();
  }

  /** Milliseconds, in which `at` is asked. A standstill does not count, noticed or not. */
  now(): number {
    this.#noticeStall();
    return this.#clock.now() - this.#zero;
  }

  /** Timers set. */
  get size(): number {
    return this.#wheel.size;
  }

  /** Has the timer come up at `due`, or at once if that has passed; sets it again if it was set. */
  at(timer: WheelTimer<T>, due: number): void {
    if (this.#closed) return;
    const now = this.now();
    this.#wheel.idleUntil(now);
    this.#wheel.set(timer, Math.max(due, now));
    if (!this.#inBatch && timer.due < (this.#alarm?.at ?? Infinity)) this.#arm();
  }

  /** Clears the timer if it is set. */
  clear(timer: WheelTimer<T>): void {
    this.#wheel.clear(timer);
  }

  /** How punctual it was. */
  punctuality(): Punctuality {
    return { late: this.#late, maxLatenessMs: this.#maxLatenessMs, stalls: this.#stalls };
  }

  /** Runs nothing from now on. */
  close(): void {
    this.#closed = true;
    this.#disarm();
  }

  /** `reached` is what the alarm was set for: rounding may put the clock a hair before it. */
  #batch(reached: number): void {
    this.#disarm();
    this.#inBatch = true;
    try {
      this.#runDue(reached);
    } finally {
      this.#inBatch = false;
      if (!this.#closed) this.#arm();
    }
  }

  #runDue(reached: number): void {
    const end = this.#clock.now() + batchMs;
    for (let count = 0; count < batchSize && !this.#closed; count++) {
      const moment = this.#clock.now();
      if (moment > end) return;
      const now = Math.max(moment - this.#zero, reached);
      const timer = this.#wheel.take(now);
      if (!timer) return;
      const lateness = now - timer.due;
      this.#judge(timer, lateness, now);
      this.#run(timer.owner, lateness);
    }
  }

  #judge(timer: WheelTimer<T>, lateness: number, now: number): void {
    this.#maxLatenessMs = Math.max(this.#maxLatenessMs, lateness);
    if (lateness > lateMs && !timer.overdue) this.#countLate(timer);
    if (lateness > stallMs) this.#moveOn(lateness, now);
  }

  /**
   * Others may hear of the world before the alarm goes off that was due in a standstill. What they
   * set would else be moved with all that was due before it, and wait as long once more.
   */
  #noticeStall(): void {
    if (!this.#alarm) return;
    const now = this.#clock.now() - this.#zero;
    const lateness = now - this.#alarm.at;
    if (lateness <= stallMs) return;
    this.#maxLatenessMs = Math.max(this.#maxLatenessMs, lateness);
    this.#moveOn(lateness, now);
  }

  /** Moves the whole schedule by a standstill. */
  #moveOn(lateness: number, now: number): void {
    this.#stalls++;
    for (const timer of this.#wheel.overdue(now - lateMs)) this.#countLate(timer);
    this.#zero += lateness;
  }

  #countLate({ owner }: WheelTimer<T>): void {
    if (this.#counts(owner)) this.#late++;
  }

  #arm(): void {
    const at = this.#wheel.next();
    if (at === undefined) return this.#disarm();
    if (this.#alarm && at >= this.#alarm.at) return;
    this.#disarm();
    const timer = this.#clock.after(Math.max(0, at - this.now()), () => this.#batch(at));
    this.#alarm = { timer, at };
  }

  #disarm(): void {
    this.#alarm?.timer.cancel();
    this.#alarm = undefined;
  }
}
