import type { Clock, Timer } from "../time/mod.ts";

/** Milliseconds that one slot of the wheel spans. */
const slotMs = 8;
/** Slots of the wheel, a power of two: one turn takes about 4 s, later entries wait for theirs. */
const slotCount = 512;
/** Longest time in milliseconds that due entries may keep the event loop before it gets a turn. */
const budgetMs = 4;

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
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #slots = Array.from({ length: slotCount }, () => new Deadline(Infinity, () => {}));
  /** Start of the first slot that may hold something due, in slots since the clock's zero. */
  #cursor: number;
  #timer: Timer | undefined;
  #armedFor = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
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
    for (const head of this.#slots) {
      while (head.next !== head) head.next.cancel();
    }
  }

  #link(entry: Deadline): void {
    const head = this.#slot(Math.max(Math.floor(entry.at / slotMs), this.#cursor));
    entry.previous = head.previous;
    entry.next = head;
    head.previous.next = entry;
    head.previous = entry;
  }

  #slot(tick: number): Deadline {
    const head = this.#slots[tick & (slotCount - 1)];
    if (!head) throw new Error(`the wheel has no slot ${tick}`);
    return head;
  }

  #arm(at: number): void {
    this.#timer?.cancel();
    this.#armedFor = at;
    this.#timer = this.#clock.after(at - this.#clock.now(), () => this.#fire());
  }

  #fire(): void {
    this.#timer = undefined;
    this.#armedFor = -Infinity;
    const finished = this.#expireDue();
    const next = finished ? this.#earliest() : this.#clock.now();
    this.#armedFor = Infinity;
    if (next < Infinity) this.#arm(next);
  }

  /** Runs what is due; false when the budget ran out first. */
  #expireDue(): boolean {
    const now = this.#clock.now();
    const current = Math.floor(now / slotMs);
    const first = Math.max(this.#cursor, current - slotCount + 1);
    for (let tick = first; tick <= current; tick++) {
      this.#cursor = tick;
      const head = this.#slot(tick);
      for (let entry = head.next; entry !== head;) {
        const following: Deadline = entry.next;
        if (entry.at <= now) {
          entry.cancel();
          entry.expire();
          if (this.#clock.now() - now > budgetMs) return false;
          // What ran may have cancelled the following one: start over, the due ones are gone.
          entry = head.next;
        } else {
          entry = following;
        }
      }
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
