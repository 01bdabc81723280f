/** A pending call. Cancelling it twice, or after it ran, does nothing. */
export interface Timer {
  /** Keeps the call from happening. */
  cancel(): void;
}

/** What time it is and what is to happen later. Everything that waits takes one of these. */
export interface Clock {
  /** Monotonic milliseconds, with fractions, from an arbitrary start. */
  now(): number;
  /** Unix time in milliseconds, with fractions. */
  wall(): number;
  /** Calls `run` once, `delayMs` from now or a little later. Never synchronously. */
  after(delayMs: number, run: () => void): Timer;
}
