/**
 * Milliseconds that one slot covers: how much later than asked a timer may come up. Probes of one
 * slot share a turn of the event loop, which costs as much as a probe: docs/performance/probes.md.
 */
export const tickMs = 10;

/** One turn is 41 seconds; what is due later stays in its slot and is passed over. */
const slots = 4096;

/** A place on the wheel, made once per owner and set again and again. */
export class WheelTimer<T> {
  /** When it comes up, in the wheel's milliseconds. */
  due = 0;
  /** The first tick at which it may come up. */
  tick = 0;
  /** It was found overdue since it was set. */
  overdue = false;
  /** Where it stands, undefined while it is not set. */
  list: TimerList<T> | undefined;
  /** Its neighbours there. */
  previous: WheelTimer<T> | undefined;
  next: WheelTimer<T> | undefined;

  constructor(readonly owner: T) {}
}

/** A doubly linked list, so that any timer can be taken out at once. */
class TimerList<T> {
  head: WheelTimer<T> | undefined;
  tail: WheelTimer<T> | undefined;

  append(timer: WheelTimer<T>): void {
    timer.list = this;
    timer.previous = this.tail;
    if (this.tail) this.tail.next = timer;
    else this.head = timer;
    this.tail = timer;
  }

  remove(timer: WheelTimer<T>): void {
    if (timer.previous) timer.previous.next = timer.next;
    else this.head = timer.next;
    if (timer.next) timer.next.previous = timer.previous;
    else this.tail = timer.previous;
    timer.list = timer.previous = timer.next = undefined;
  }
}

/**
 * A hashed timing wheel (Varghese and Lauck, scheme 6): setting and clearing a timer takes
 * constant time, however many there are. Knows no clock: times are what the caller says they
 * are, in milliseconds from 0, never backwards. No timer comes up before it is due.
 */
export class TimerWheel<T> {
  readonly #lists = Array.from({ length: slots }, () => new TimerList<T>());
  /** What was due in the slots passed, oldest tick first. */
  readonly #ready = new TimerList<T>();
  /** The next tick to look at; all before it are done. */
  #cursor = 0;
  #size = 0;

  /** Timers set. */
  get size(): number {
    return this.#size;
  }

  /** Tells an empty wheel what time it is, so that it need not turn through the time it idled. */
  idleUntil(now: number): void {
    if (this.#size === 0) this.#cursor = Math.max(this.#cursor, Math.floor(now / tickMs));
  }

  /** Sets the timer, again if it was set. One that is overdue comes up at the next tick. */
  set(timer: WheelTimer<T>, due: number): void {
    this.clear(timer);
    timer.due = due;
    timer.overdue = false;
    timer.tick = Math.max(Math.ceil(due / tickMs), this.#cursor);
    this.#slot(timer.tick).append(timer);
    this.#size++;
  }

  /** Clears the timer. One that is not set is left alone. */
  clear(timer: WheelTimer<T>): void {
    if (!timer.list) return;
    timer.list.remove(timer);
    this.#size--;
  }

  /** Clears and returns the next timer due by `now`, in the order of ticks. */
  take(now: number): WheelTimer<T> | undefined {
    const last = Math.floor(now / tickMs);
    while (!this.#ready.head && this.#cursor <= last) this.#collect(this.#cursor++);
    const timer = this.#ready.head;
    if (timer) this.clear(timer);
    return timer;
  }

  /**
   * The moment at which `take` is next worth calling, undefined when no timer is set. It may be
   * one turn away although the first timer is due later still.
   */
  next(): number | undefined {
    if (this.#size === 0) return undefined;
    if (this.#ready.head) return this.#ready.head.due;
    const horizon = this.#cursor + slots;
    for (let tick = this.#cursor; tick < horizon; tick++) {
      if (this.#hasDue(tick)) return tick * tickMs;
    }
    return horizon * tickMs;
  }

  /** Timers that were due before `now`, have not been taken, and were not told before. */
  *overdue(now: number): Generator<WheelTimer<T>> {
    for (const list of [this.#ready, ...this.#lists]) {
      for (let timer = list.head; timer; timer = timer.next) {
        if (timer.overdue || timer.due >= now) continue;
        timer.overdue = true;
        yield timer;
      }
    }
  }

  #slot(tick: number): TimerList<T> {
    const list = this.#lists[tick % slots];
    if (!list) throw new RangeError(`the timer wheel has no slot for tick ${tick}`);
    return list;
  }

  #collect(tick: number): void {
    const list = this.#slot(tick);
    for (let timer = list.head; timer;) {
      const following: WheelTimer<T> | undefined = timer.next;
      if (timer.tick <= tick) {
        list.remove(timer);
        this.#ready.append(timer);
      }
      timer = following;
    }
  }

  #hasDue(tick: number): boolean {
    for (let timer = this.#slot(tick).head; timer; timer = timer.next) {
      if (timer.tick <= tick) return true;
    }
    return false;
  }
}
