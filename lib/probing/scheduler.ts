import { type Clock, tickMs, type Timer, TimerWheel } from "../time/mod.ts";

/** Started so long after the tick in which it was due, a probe counts as delayed. */
const delayedMs = 10;
/** Started later than this after it was due, a probe counts as late: half the jitter of 1 s. */
const lateMs = 50;
/** What the wheel is told of a timer that is so overdue; who is late is delayed. */
const levels = { delayed: 1, late: 2 };

/**
 * When the oldest overdue timer is this late, the process was stopped or cannot keep up. The
 * schedule then stands still for that time instead of catching up in a burst.
 */
export const stallMs = 100;

/**
 * One turn of the event loop runs at most so many timers: few enough that the second-level cache,
 * which each connection takes 10 KB of, holds what they need until their answers are looked for; …
 */
const batchSize = 16;

/** … and no further one after so many milliseconds. */
const batchMs = 4;

/** How punctual a scheduler was since it was made. */
export interface Punctuality {
  /** Timers that came up more than 10 ms after the tick in which they were due, or will; each once. */
  readonly delayed: number;
  /** Timers that came up more than 50 ms after they were due, or will; each of them once. */
  readonly late: number;
  /** The worst delay of a timer, in milliseconds. */
  readonly maxLatenessMs: number;
  /** How often the schedule was moved because the process had stalled. */
  readonly stalls: number;
}

/**
 * Calls `run` for each timer, a number from 0 up, that falls due, with how late it is and what the
 * clock says, in batches short enough to leave the event loop alone. Asleep in between: one timer of the clock, armed for the first thing due.
 *
 * Its time is the clock's without the stalls, so that after one every timer keeps its distance
 * from every other.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #run: (timer: number, latenessMs: number, moment: number) => void;
  readonly #counts: (timer: number) => boolean;
  readonly #wheel = new TimerWheel();
  /** The clock's time that was 0 here. */
  #zero: number;
  #alarm: { readonly timer: Timer; readonly at: number } | undefined;
  #inBatch = false;
  /** What the time was when the batch began with its present timer. */
  #batchNow = 0;
  #closed = false;
  #delayed = 0;
  #late = 0;
  #maxLatenessMs = 0;
  #stalls = 0;

  /** `counts` says whether it is counted when a timer comes up late; each one is. */
  constructor(
    clock: Clock,
    run: (timer: number, latenessMs: number, moment: number) => void,
    counts: (timer: number) => boolean = () => true,
  ) {
    this.#clock = clock;
    this.#run = run;
    this.#counts = counts;
    this.#zero = clock.now();
  }

  /** Milliseconds, in which `at` is asked. A standstill does not count, noticed or not. */
  now(): number {
    const moment = this.#clock.now();
    this.#noticeStall(moment - this.#zero);
    return moment - this.#zero;
  }

  /** Timers set. */
  get size(): number {
    return this.#wheel.size;
  }

  /** Has the timer come up at `due`, or at once if that has passed; sets it again if it was set. */
  at(timer: number, due: number): void {
    if (this.#closed) return;
    // A batch has looked at the clock, and for a standstill, right before.
    const now = this.#inBatch ? this.#batchNow : this.now();
    this.#wheel.idleUntil(now);
    const from = Math.max(due, now);
    this.#wheel.set(timer, from);
    if (!this.#inBatch && from < (this.#alarm?.at ?? Infinity)) this.#arm();
  }

  /** As {@link at}, so many milliseconds from now. */
  after(timer: number, ms: number): void {
    this.at(timer, (this.#inBatch ? this.#batchNow : this.now()) + ms);
  }

  /** Clears the timer if it is set. */
  clear(timer: number): void {
    this.#wheel.clear(timer);
  }

  /** Whether the timer is set. */
  isSet(timer: number): boolean {
    return this.#wheel.isSet(timer);
  }

  /** When the timer comes up, or did last. */
  due(timer: number): number {
    return this.#wheel.due(timer);
  }

  /** How punctual it was. */
  punctuality(): Punctuality {
    return {
      delayed: this.#delayed,
      late: this.#late,
      maxLatenessMs: this.#maxLatenessMs,
      stalls: this.#stalls,
    };
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
      this.#batchNow = now;
      const timer = this.#wheel.take(now);
      if (timer === undefined) return;
      const lateness = now - this.#wheel.due(timer);
      this.#judge(timer, lateness, now);
      this.#run(timer, lateness, moment);
    }
  }

  #judge(timer: number, lateness: number, now: number): void {
    this.#maxLatenessMs = Math.max(this.#maxLatenessMs, lateness);
    this.#countOverdue(timer, this.#wheel.told(timer), levelOf(this.#wheel.due(timer), now));
    if (lateness > stallMs) this.#moveOn(lateness, now);
  }

  /**
   * Others may hear of the world before the alarm goes off that was due in a standstill. What they
   * set would else be moved with all that was due before it, and wait as long once more.
   */
  #noticeStall(now: number): void {
    if (!this.#alarm) return;
    const lateness = now - this.#alarm.at;
    if (lateness <= stallMs) return;
    this.#maxLatenessMs = Math.max(this.#maxLatenessMs, lateness);
    this.#moveOn(lateness, now);
  }

  /** Moves the whole schedule by a standstill. */
  #moveOn(lateness: number, now: number): void {
    this.#stalls++;
    this.#wheel.tellOverdue(
      (due) => levelOf(due, now),
      (timer, told, level) => this.#countOverdue(timer, told, level),
    );
    this.#zero += lateness;
    this.#batchNow -= lateness;
  }

  /** Counts a timer that is as overdue as `level` says, and was `told` to be before. */
  #countOverdue(timer: number, told: number, level: number): void {
    if (level <= told || !this.#counts(timer)) return;
    if (told < levels.delayed) this.#delayed++;
    if (level === levels.late) this.#late++;
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

/** How overdue something is: none of the {@link levels}, which is 0, or the highest that it reaches. */
function levelOf(due: number, now: number): number {
  if (now - due > lateMs) return levels.late;
  // Not before its tick has ended does it come up.
  return now - Math.ceil(due / tickMs) * tickMs > delayedMs ? levels.delayed : 0;
}
