import type { Clock, Timer, Turn } from "./clock.ts";
import { DueCall, DueQueue } from "./queue.ts";

/**
 * A clock that stands still until a test turns it. Timers fire in order of time, those of one
 * moment in the order in which they were set. Tens of thousands of timers are no burden.
 */
export class FakeClock implements Clock {
  /** Never over, since no time passes while work is done. A simulation may set its own. */
  turn: Turn = { isOver: false, next: () => Promise.resolve() };
  #now = 0;
  readonly #queue = new DueQueue<DueCall>();
  #wallStart: number;

  /** `wallStart` is the Unix time in milliseconds at which the clock starts. */
  constructor(wallStart = 1_700_000_000_000) {
    this.#wallStart = wallStart;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wallStart + this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const at = this.#now + Math.max(0, delayMs);
    const entry = new DueCall(at, run);
    this.#queue.add(entry);
    return { cancel: () => this.#queue.cancel(entry) };
  }

  /** Timers not yet run nor cancelled. */
  get pending(): number {
    return this.#queue.size;
  }

  /** Turns the clock on by `ms`, running what falls due. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#queue.take(end); next; next = this.#queue.take(end)) this.#fire(next);
    this.#now = end;
  }

  /**
   * As `advance`, giving promises a chance to run before and after every timer; `settle` says how
   * long a chance.
   */
  async advanceAsync(ms: number, settle: () => Promise<void> = resolvedPromises): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#queue.take(end); next; next = this.#queue.take(end)) {
      this.#fire(next);
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** Sets the calendar on by `ms`, or back; nothing falls due because of that. */
  setCalendar(ms: number): void {
    this.#wallStart += ms;
  }

  /** Turns the clock on by `ms` at once: what fell due fires late, as after a suspension. */
  jump(ms: number): void {
    this.#now += ms;
    this.advance(0);
  }

  #fire(entry: DueCall): void {
    this.#now = Math.max(this.#now, entry.at);
    entry.run();
  }
}

/** Lets chains of already resolved promises run to their end. */
async function resolvedPromises(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
