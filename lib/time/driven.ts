import type { Clock, Timer, Turn } from "./clock.ts";
import { DueCall, DueQueue } from "./queue.ts";

/** What a {@link DrivenClock} reads, in milliseconds with fractions. */
export interface TimeSource {
  /** Monotonic, from an arbitrary start. */
  now(): number;
  /** Unix time. */
  wall(): number;
}

/** A turn of the loop is over when it has lasted this long, in milliseconds. */
const turnMs = 3;

/** Somebody's time, with timers that are run by whoever has a loop of their own. */
export class DrivenClock implements Clock {
  readonly turn: Turn;
  readonly #source: TimeSource;
  readonly #queue = new DueQueue<DueCall>();
  #turnedAt = -Infinity;

  constructor(source: TimeSource) {
    this.#source = source;
    const isOver = () => this.now() - this.#turnedAt >= turnMs;
    this.turn = {
      get isOver() {
        return isOver();
      },
      next: () => new Promise((resolve) => void this.after(0, resolve)),
    };
  }

  now(): number {
    return this.#source.now();
  }

  wall(): number {
    return this.#source.wall();
  }

  after(delayMs: number, run: () => void): Timer {
    const at = this.now() + Math.max(0, delayMs);
    const entry = new DueCall(at, run);
    this.#queue.add(entry);
    return { cancel: () => this.#queue.cancel(entry) };
  }

  /** Milliseconds until the next timer is due, 0 if one is; Infinity when there is none. */
  get idleMs(): number {
    const at = this.#queue.next;
    return at === undefined ? Infinity : Math.max(0, at - this.now());
  }

  /** Runs what is due by now, each by `run`, which never throws, and begins a turn. */
  runDue(run: (timer: () => void) => void): void {
    const now = this.#turnedAt = this.now();
    for (let entry = this.#queue.take(now); entry; entry = this.#queue.take(now)) {
      run(entry.run);
    }
  }
}
