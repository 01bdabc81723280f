/** A pending call. Cancelling it twice, or after it ran, does nothing. */
export interface Timer {
  /** Keeps the call from happening. */
  cancel(): void;
}

/**
 * Turns of the event loop. Work that takes long has to end its turn now and then, so that timers,
 * sockets and other work have theirs.
 */
export interface Turn {
  /** Whether the present turn has lasted long enough. */
  readonly isOver: boolean;
  /**
   * Resolves in the loop's next turn. `isLong`: timers and sockets have theirs for certain, as it
   * should be before and after a piece of work that cannot be cut.
   */
  next(isLong?: boolean): Promise<void>;
}

/** What time it is and what is to happen later. Everything that waits takes one of these. */
export interface Clock {
  /** Monotonic milliseconds, with fractions, from an arbitrary start. */
  now(): number;
  /** Unix time in milliseconds, with fractions. */
  wall(): number;
  /** Calls `run` once, `delayMs` from now or a little later. Never synchronously. */
  after(delayMs: number, run: () => void): Timer;
  /** One for all that happens on the loop: pieces of work, each within its limit, add up. */
  readonly turn: Turn;
}
