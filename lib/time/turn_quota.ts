import { setImmediate } from "node:timers";
import type { Clock } from "./clock.ts";

/** How much work may start in one turn of the event loop. */
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

/** When this part of the quota is spent, it is found out when the next turn begins. */
const askedAt = 1 / 4;

/** How many of those that were let in are kept before the queue is cut. */
const kept = 1024;

/**
 * Limits how much work starts in each turn of the event loop, in pieces and in milliseconds. What
 * exceeds that waits for the next turn, first come first served, so that timers, sockets and work
 * under other quotas are not held up. Within the quota work starts at once.
 */
export class TurnQuota {
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

  /** `onWait` is called for each piece that has to wait. */
  constructor(
    private readonly clock: Clock,
    private readonly limits: TurnLimits,
    private readonly onWait: () => void = () => {},
  ) {}

  /** Pieces that wait. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when the caller may do one piece of work. */
  next(): Promise<void> {
    return new Promise((resolve) => void this.join(resolve));
  }

  /**
   * Calls `enter` when there is time for one piece of work, at once if there is. Calling the result
   * before that has it enter at once, outside the quota.
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

  /** Whether a piece may start now. After `ms` without work another turn has begun. */
  #hasRoom(): boolean {
    const now = this.clock.now();
    if (now - this.#until >= this.limits.ms) this.#begin();
    else if (!this.#asking && this.#spent(now) >= askedAt) void this.#ask();
    return this.#spent(now) < 1;
  }

  /** How much of this turn's quota is spent: 1 is all of it. */
  #spent(now: number): number {
    const { pieces, ms } = this.limits;
    return Math.max(this.#pieces / pieces, (now - this.#since) / ms);
  }

  /** Finds out when the next turn begins: who asks again after each answer gets its quota, too. */
  async #ask(): Promise<void> {
    this.#asking = true;
    // Without a look at the sockets, which takes longer than the next piece needs to come.
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#asking = false;
    this.#begin();
  }

  #begin(): void {
    this.#pieces = 0;
    this.#since = this.clock.now();
  }

  /** Starts what waits, turn by turn. */
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

  /** Starts one piece, and waits for what it does at once, so that its time counts. */
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
