import { type Clock, Due, DueQueue, type Timer } from "../time/mod.ts";
import { guarded, surface } from "./guarded.ts";

/** Longest time in milliseconds that due entries may keep the event loop before it gets a turn. */
const budgetMs = 4;
/** Longest time in milliseconds that a last look may take: who sends without end stops no clock. */
const longestLookMs = 100;

/** A pending call. */
export class Deadline extends Due {
  /** @internal `expire` is called once at `at` of the clock, unless cancelled. */
  constructor(
    at: number,
    readonly expire: () => void,
    private readonly queue: DueQueue<Deadline>,
  ) {
    super(at);
  }

  /** Forgets it. Twice, or after it expired, does nothing. */
  cancel(): void {
    this.queue.cancel(this);
  }
}

/**
 * Many deadlines on one timer. The timer is only ever set for the earliest; when that has been
 * cancelled, as nearly all of them are, it fires for nothing and looks for the next.
 *
 * Before anything expires there is a last look for what it waits for: a timer that fires late, as
 * after this process was stopped, may find the answer there, and what is answered is cancelled.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #lastLook: () => boolean;
  #queue = new DueQueue<Deadline>();
  #timer: Timer | undefined;
  #armedFor = Infinity;
  /** When the last look began that is not finished. */
  #lookingSince: number | undefined;

  /** `lastLook` sees to what has come by now, some of it at least: returns whether that was all. */
  constructor(clock: Clock, lastLook: () => boolean) {
    this.#clock = clock;
    this.#lastLook = lastLook;
  }

  /** Calls `expire` once when the clock has passed `at`, never synchronously. */
  add(at: number, expire: () => void): Deadline {
    const entry = new Deadline(at, expire, this.#queue);
    this.#queue.add(entry);
    if (at < this.#armedFor) this.#arm(at);
    return entry;
  }

  /** Forgets everything and stops the timer. */
  close(): void {
    this.#timer?.cancel();
    this.#armedFor = Infinity;
    this.#queue = new DueQueue();
  }

  #arm(at: number): void {
    this.#timer?.cancel();
    this.#armedFor = at;
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    const now = this.#clock.now();
    const next = this.#lookAndExpire(now) ? this.#queue.next ?? Infinity : now;
    this.#armedFor = Infinity;
    if (next < Infinity) this.#arm(next);
  }

  /** False when it has to go on after a turn of the event loop. */
  #lookAndExpire(now: number): boolean {
    if ((this.#queue.next ?? Infinity) > now) return true;
    this.#lookingSince ??= now;
    try {
      if (!this.#lastLook() && now - this.#lookingSince < longestLookMs) return false;
    } catch (error) {
      // Whoever cannot look any more lets nothing wait for ever.
      surface(error);
    }
    this.#lookingSince = undefined;
    return this.#expire(now);
  }

  /** Runs what was due by `now`; false when the budget ran out first. */
  #expire(now: number): boolean {
    const end = this.#clock.now() + budgetMs;
    for (let entry = this.#queue.take(now); entry; entry = this.#queue.take(now)) {
      guarded(entry.expire);
      if (this.#clock.now() > end) return (this.#queue.next ?? Infinity) > now;
    }
    return true;
  }
}
