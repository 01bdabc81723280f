/**
 * Milliseconds that one slot covers: how much later than asked a timer may come up. Probes of one
 * slot share a turn of the event loop, which costs as much as a probe: docs/performance/probes.md.
 */
export const tickMs = 10;

/** One turn is 41 seconds; what is due later stays in its slot and is passed over. */
const slots = 4096;

/** The tick of a timer that is not set. */
const notSet = -1;

/** For how many timers there is memory at first. */
const firstRoom = 256;

/**
 * So many entries of slots may be out of date, and as many again as there are timers, before they
 * are thrown out.
 */
const mostStale = 65_536;

/**
 * A hashed timing wheel (Varghese and Lauck, scheme 6) for timers that are numbers from 0 up:
 * setting and clearing one takes constant time, however many there are. Knows no clock: times are
 * what the caller says they are, in milliseconds from 0, never backwards. No timer comes up before
 * it is due.
 *
 * A record per timer says what holds. Slots list who was set for them; whoever was cleared or set
 * for another tick since is passed over, so that neither touches anything but its own record.
 */
export class TimerWheel {
  readonly #slots = Array.from({ length: slots }, (): number[] => []);
  /** What was due in the slots passed, oldest tick first, from {@link #first} on. */
  #ready: number[] = [];
  #first = 0;
  /** Of each timer, when it is due and at which tick: 32 bits hold 248 days of those. */
  #records = new Float64Array(0);
  /** How overdue each was told to be since it was set: a level of its user's, 0 for not at all. */
  #told = new Uint8Array(0);
  /** The next tick to look at; all before it are done. */
  #cursor = 0;
  #size = 0;
  /** In all slots together. */
  #entries = 0;

  constructor() {
    this.#grow(firstRoom);
  }

  /** Timers set. */
  get size(): number {
    return this.#size;
  }

  /** @internal What slots list, that which is out of date included. */
  get entries(): number {
    return this.#entries;
  }

  /** Whether a timer is set. */
  isSet(timer: number): boolean {
    return this.#tick(timer) !== notSet;
  }

  /** When a timer comes up, or did last, in the wheel's milliseconds. */
  due(timer: number): number {
    return this.#records[2 * timer] ?? 0;
  }

  /** How overdue it was told to be since it was set last; 0 for not at all. */
  told(timer: number): number {
    return this.#told[timer] ?? 0;
  }

  /** Tells an empty wheel what time it is, so that it need not turn through the time it idled. */
  idleUntil(now: number): void {
    if (this.#size === 0) this.#cursor = Math.max(this.#cursor, Math.floor(now / tickMs));
  }

  /** Sets a timer, again if it was set. One that is overdue comes up at the next tick. */
  set(timer: number, due: number): void {
    if (timer >= this.#told.length) this.#grow(2 * timer);
    const tick = Math.max(Math.ceil(due / tickMs), this.#cursor);
    if (!this.isSet(timer)) this.#size++;
    this.#records[2 * timer] = due;
    this.#records[2 * timer + 1] = tick;
    this.#told[timer] = 0;
    this.#slot(tick).push(timer);
    if (++this.#entries > mostStale + 2 * this.#size) this.#sweep();
  }

  /** Clears a timer. One that is not set is left alone. */
  clear(timer: number): void {
    if (!this.isSet(timer)) return;
    this.#records[2 * timer + 1] = notSet;
    this.#size--;
  }

  /** Clears and returns the next timer due by `now`, in the order of ticks. */
  take(now: number): number | undefined {
    const last = Math.floor(now / tickMs);
    for (;;) {
      const timer = this.#firstReady();
      if (timer !== undefined) {
        this.clear(timer);
        return timer;
      }
      if (this.#cursor > last) return undefined;
      this.#collect(this.#cursor++);
    }
  }

  /**
   * The moment at which `take` is next worth calling, undefined when no timer is set. It may be
   * one turn away although the first timer is due later still.
   */
  next(): number | undefined {
    if (this.#size === 0) return undefined;
    const ready = this.#firstReady();
    if (ready !== undefined) return this.due(ready);
    const horizon = this.#cursor + slots;
    for (let tick = this.#cursor; tick < horizon; tick++) {
      if (this.#slot(tick).some((timer) => this.#tick(timer) === tick)) return tick * tickMs;
    }
    return horizon * tickMs;
  }

  /**
   * Tells of timers that have not been taken and are, as `levelOf` says by when they were due, more
   * overdue than was told before.
   */
  tellOverdue(
    levelOf: (due: number) => number,
    tell: (timer: number, told: number, level: number) => void,
  ): void {
    for (const [timer, told] of this.#told.entries()) {
      const level = this.isSet(timer) ? levelOf(this.due(timer)) : 0;
      if (level <= told) continue;
      this.#told[timer] = level;
      tell(timer, told, level);
    }
  }

  #tick(timer: number): number {
    return this.#records[2 * timer + 1] ?? notSet;
  }

  #slot(tick: number): number[] {
    const slot = this.#slots[tick % slots];
    if (!slot) throw new RangeError(`the timer wheel has no slot for tick ${tick}`);
    return slot;
  }

  /** The first that is ready and still set as it was then. */
  #firstReady(): number | undefined {
    for (; this.#first < this.#ready.length; this.#first++) {
      const timer = this.#ready[this.#first] ?? 0;
      const tick = this.#tick(timer);
      if (tick !== notSet && tick < this.#cursor) return timer;
    }
    return undefined;
  }

  /** To be called when nothing is ready. */
  #collect(tick: number): void {
    const slot = this.#slot(tick);
    this.#ready = [];
    this.#first = 0;
    this.#entries -= slot.length;
    const later: number[] = [];
    for (const timer of slot) {
      const at = this.#tick(timer);
      if (at === tick) this.#ready.push(timer);
      else if (at > tick && at % slots === tick % slots) later.push(timer);
    }
    this.#slots[tick % slots] = later;
    this.#entries += later.length;
  }

  /** Throws out what is out of date. */
  #sweep(): void {
    this.#entries = 0;
    for (const [index, slot] of this.#slots.entries()) {
      if (slot.length === 0) continue;
      const live = new Set(slot.filter((timer) => this.#tick(timer) % slots === index));
      this.#slots[index] = [...live];
      this.#entries += live.size;
    }
  }

  /** Makes room for a number of timers, and for some at least. */
  #grow(count: number): void {
    const records = new Float64Array(2 * count).fill(notSet);
    records.set(this.#records);
    this.#records = records;
    const told = new Uint8Array(count);
    told.set(this.#told);
    this.#told = told;
  }
}
