import type { Clock } from "../time/mod.ts";

/**
 * How long somebody waits for the disk, in milliseconds. A sync of a busy one takes a tenth of it;
 * nobody who steers traffic has to wait for longer, whatever the disk does.
 */
export const waitMs = 2_000;

/** Somebody who waits. */
interface Waiter {
  /** Batches until all that was to be kept when the wait began is. */
  batches: number;
  /** With why it is not kept, or undefined when it is. */
  readonly resolve: (reason: string | undefined) => void;
}

/** Those who wait until what they said is on the disk. */
export class Commits {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiter>();
  /** When the batch that is under way was begun. */
  #begunAt: number | undefined;

  /** Nobody waits yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether anybody waits. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * Waits for the next `batches` of those that are not begun yet. Resolves to why what is in them
   * is not kept, or to undefined when it is; soon in any case. Where the disk has had its time
   * already, nobody waits anew.
   */
  async wait(batches: number): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const waiter = { batches, resolve };
    this.#waiting.add(waiter);
    const begunAt = this.#begunAt ?? this.#clock.now();
    const left = Math.max(0, begunAt + waitMs - this.#clock.now());
    const limit = this.#clock.after(
      left,
      () => resolve(`the disk has not answered for ${waitMs / 1000} s`),
    );
    try {
      return await promise;
    } finally {
      limit.cancel();
      this.#waiting.delete(waiter);
    }
  }

  /** A batch is begun. Call the result when it is kept. */
  begin(): () => void {
    const waiting = [...this.#waiting];
    this.#begunAt = this.#clock.now();
    return () => {
      this.#begunAt = undefined;
      for (const waiter of waiting) if (--waiter.batches === 0) waiter.resolve(undefined);
    };
  }

  /** Nothing is kept for now. */
  fail(reason: string): void {
    this.#begunAt = undefined;
    for (const { resolve } of this.#waiting) resolve(reason);
  }
}
