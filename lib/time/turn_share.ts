import { setImmediate } from "node:timers";
import type { Clock } from "./clock.ts";

/** How much one turn of the event loop has for those who share it. */
export interface TurnLimits {
  /** Pieces of work. */
  readonly pieces: number;
  /** Milliseconds, after which no further piece begins. */
  readonly ms: number;
}

/** Somebody who waits; no longer once it has been let in, or has left. */
interface Waiter {
  enter: (() => void) | undefined;
}

/** Rounds of promises in which a piece that was let in does what it does at once. */
const rounds = 8;

/** Share of a turn's share, spent, from which on it is asked for when the loop comes round. */
const askedAt = 1 / 4;

/** How many of those that were let in are kept before the queue is cut. */
const kept = 1024;

/**
 * What those who have much to do get of each turn of the event loop: a few pieces of work, each
 * bounded by whoever does it, first come first served. The next turn has room for as many again, so
 * that timers, sockets and those with a share of their own wait for no more than that. Who has
 * little to do does not wait at all.
 */
export class TurnShare {
  #queue: Waiter[] = [];
  /** Of the queue, those before which nobody waits any more. */
  #passed = 0;
  #waiting = 0;
  /** What was let in since the loop came round, as far as is known here; since when; until when. */
  #pieces = 0;
  #since = -Infinity;
  #until = -Infinity;
  #dealing = false;
  /** Whether it is asked for when the loop comes round. */
  #asking = false;

  /** Nobody waits yet. `onWait` hears of each piece that has to wait. */
  constructor(
    private readonly clock: Clock,
    private readonly limits: TurnLimits,
    private readonly onWait: () => void = () => {},
  ) {}

  /** Those that wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when it is the caller's turn to do one piece of work. */
  next(): Promise<void> {
    return new Promise((resolve) => void this.join(resolve));
  }

  /**
   * Calls `enter` when there is time for one piece of work, at once if there is. Who leaves before,
   * by calling the result, is let in at once and costs the others nothing.
   */
  join(enter: () => void): () => void {
    if (!this.#dealing && this.#hasRoom()) {
      void this.#admit(enter);
      return () => {};
    }
    const waiter: Waiter = { enter };
    this.#queue.push(waiter);
    this.#waiting++;
    this.onWait();
    if (!this.#dealing) void this.#deal();
    return () => this.#take(waiter)?.();
  }

  /** Whether there is room without waiting; after a while without work the loop has come round. */
  #hasRoom(): boolean {
    const now = this.clock.now();
    if (now - this.#until >= this.limits.ms) this.#begin();
    else if (!this.#asking && this.#spent(now) >= askedAt) void this.#ask();
    return this.#spent(now) < 1;
  }

  /** How much of this turn's share is spent. */
  #spent(now: number): number {
    const { pieces, ms } = this.limits;
    return Math.max(this.#pieces / pieces, (now - this.#since) / ms);
  }

  /** Who asks again and again, each time when the last is answered, has a turn for each. */
  async #ask(): Promise<void> {
    this.#asking = true;
    // Any turn will do: a look at the sockets takes longer than who asks again and again needs.
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#asking = false;
    this.#begin();
  }

  #begin(): void {
    this.#pieces = 0;
    this.#since = this.clock.now();
  }

  /** Lets those in that wait, turn by turn. */
  async #deal(): Promise<void> {
    this.#dealing = true;
    while (this.#waiting > 0) {
      await this.clock.turn.next();
      this.#begin();
      while (this.#waiting > 0 && this.#spent(this.clock.now()) < 1) {
        const enter = this.#first();
        if (enter) await this.#admit(enter);
      }
    }
    this.#dealing = false;
  }

  /** Lets one in, and has it do what it does at once, so that its time counts. */
  async #admit(enter: () => void): Promise<void> {
    this.#pieces++;
    this.#until = this.clock.now();
    enter();
    for (let round = 0; round < rounds; round++) await undefined;
    this.#until = this.clock.now();
  }

  /** Who is first of the queue; undefined if that one has left. */
  #first(): (() => void) | undefined {
    const waiter = this.#queue[this.#passed++];
    if (this.#passed >= Math.min(kept, this.#queue.length)) {
      this.#queue = this.#queue.slice(this.#passed);
      this.#passed = 0;
    }
    return waiter && this.#take(waiter);
  }

  /** Takes somebody out of those who wait; undefined if it does not. */
  #take(waiter: Waiter): (() => void) | undefined {
    const { enter } = waiter;
    waiter.enter = undefined;
    if (enter) this.#waiting--;
    return enter;
  }
}
