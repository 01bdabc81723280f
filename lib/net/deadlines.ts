import type { Clock, Timer } from "../time/mod.ts";
import { guarded } from "./guarded.ts";

/** Milliseconds that one slot of the wheel spans. */
const slotMs = 8;
/** Slots of the wheel, a power of two: one turn takes about 4 s, later entries wait for theirs. */
const slotCount = 512;
/** Longest time in milliseconds that due entries may keep the event loop before it gets a turn. */
const budgetMs = 4;
/** Longest time in milliseconds that a last look may take: who sends without end stops no clock. */
const longestLookMs = 100;

/** A pending call, linked into a slot of the wheel. */
export class Deadline {
  /** Clock milliseconds. */
  readonly at: number;
  /** @internal Neighbours in the slot's circle, itself when in none. */
  previous: Deadline = this;
  /** @internal */
  next: Deadline = this;

  /** `expire` is called once when the time has come, unless cancelled. */
  constructor(at: number, readonly expire: () => void) {
    this.at = at;
  }

  /** Forgets it. Twice, or after it expired, does nothing. */
  cancel(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.previous = this.next = this;
  }
}

/**
 * Many deadlines on one timer: a wheel, so that setting and cancelling one are a few writes, because
 * nearly all of them are cancelled. The timer is only ever set for the earliest; when that has been
 * cancelled it fires for nothing and looks for the next.
 *
 * Before anything expires there is a last look for what it waits for: a timer that fires late, as
 * after this process was stopped, may find the answer there, and what is answered is cancelled.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #lastLook: () => boolean;
  readonly #slots = Array.from({ length: slotCount }, circle);
  /** What was found to be due and has not run yet. */
  readonly #due = circle();
  /** Start of the first slot that may hold something due, in slots since the clock's zero. */
  #cursor: number;
  #timer: Timer | undefined;
  #armedFor = Infinity;
  /** When the last look began that is not finished. */
  #lookingSince: number | undefined;

  /** `lastLook` sees to what has come by now, some of it at least: returns whether that was all. */
  constructor(clock: Clock, lastLook: () => boolean) {
    this.#clock = clock;
    this.#lastLook = lastLook;
    this.#cursor = Math.floor(clock.now() / slotMs);
  }

  /** Calls `expire` once when the clock has passed `at`, never synchronously. */
  add(at: number, expire: () => void): Deadline {
    const entry = new Deadline(at, expire);
    this.#link(entry);
    if (at < this.#armedFor) this.#arm(at);
    return entry;
  }

  /** Forgets everything and stops the timer. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#armedFor = Infinity;
    for (const head of [...this.#slots, this.#due]) {
      while (head.next !== head) head.next.cancel();
    }
  }

  #link(entry: Deadline): void {
    const head = this.#slot(Math.max(Math.floor(entry.at / slotMs), this.#cursor));
    insert(head, entry);
  }

  #slot(tick: number): Deadline {
    const head = this.#slots[tick & (slotCount - 1)];
    if (!head) throw new Error(`the wheel has no slot ${tick}`);
    return head;
  }

  #arm(at: number): void {
    this.#timer?.cancel();
    this.#armedFor = at;
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    this.#collect(now);
    const next = this.#lookAndExpire(now) ? this.#earliest() : now;
    this.#armedFor = Infinity;
    if (next < Infinity) this.#arm(next);
  }

  /** Moves what is due from the wheel to one circle, from which it can still be cancelled. */
  #collect(now: number): void {
    const current = Math.floor(now / slotMs);
    const first = Math.max(this.#cursor, current - slotCount + 1);
    for (let tick = first; tick <= current; tick++) {
      const head = this.#slot(tick);
      for (let entry = head.next, next = entry.next; entry !== head; entry = next) {
        next = entry.next;
        if (entry.at > now) continue;
        entry.cancel();
        insert(this.#due, entry);
      }
    }
    this.#cursor = current;
  }

  /** False when it has to go on after a turn of the event loop. */
  #lookAndExpire(now: number): boolean {
    if (this.#due.next === this.#due) return true;
    this.#lookingSince ??= now;
    try {
      if (!this.#lastLook() && now - this.#lookingSince < longestLookMs) return false;
    } catch (error) {
      // Whoever cannot look any more lets nothing wait for ever.
      guarded(() => {
        throw error;
      });
    }
    this.#lookingSince = undefined;
    return this.#expire(this.#clock.now());
  }

  /** Runs what was collected; false when the budget ran out first. */
  #expire(start: number): boolean {
    for (let entry = this.#due.next; entry !== this.#due; entry = this.#due.next) {
      entry.cancel();
      guarded(entry.expire);
      if (this.#clock.now() - start > budgetMs) return this.#due.next === this.#due;
    }
    return true;
  }

  /** When the timer has to fire next: the first entry of this turn, or the end of the turn. */
  #earliest(): number {
    let anything = false;
    for (let tick = this.#cursor; tick < this.#cursor + slotCount; tick++) {
      const head = this.#slot(tick);
      let best = Infinity;
      for (let entry = head.next; entry !== head; entry = entry.next) {
        anything = true;
        if (entry.at < (tick + 1) * slotMs && entry.at < best) best = entry.at;
      }
      if (best < Infinity) return best;
    }
    return anything ? (this.#cursor + slotCount) * slotMs : Infinity;
  }
}

/** An empty circle's head. */
function circle(): Deadline {
  return new Deadline(Infinity, () => {});
}

/** Puts `entry` at the end of the circle. */
function insert(head: Deadline, entry: Deadline): void {
  entry.previous = head.previous;
  entry.next = head;
  head.previous.next = entry;
  head.previous = entry;
}
