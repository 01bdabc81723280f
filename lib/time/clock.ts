/** A pending call. Cancelling it twice, or after it ran, does nothing. */
export interface Timer {
  /** Keeps the call from happening. */
  cancel(): void;
}

/**
 * A turn of the event loop, and how to yield. Long work has to yield every few milliseconds, so that
 * timers, sockets and other work are not held up.
 */
export interface Turn {
  /** Whether the present turn has lasted long enough. */
  readonly isOver: boolean;
  /**
   * Yields: resolves in a later turn of the loop. `isLong`: not before timers and sockets were
   * looked at, as it should be before and after a piece of work that cannot be cut.
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

/** A moment by both clocks, in milliseconds. */
export interface Moment {
  /** Since the Unix epoch. */
  readonly wall: number;
  /** By the clock that is never set. */
  readonly now: number;
}

/** This moment by both of a clock's readings. */
export function momentOf(clock: Clock): Moment {
  return { now: clock.now(), wall: clock.wall() };
}

/** Resolves after `ms`, or when the signal is aborted. */
export function sleep(
  clock: Pick<Clock, "after">,
  ms: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal?.addEventListener("abort", done);
    if (signal?.aborted) done();
  });
}

/** Rejects with the signal's reason as soon as it is aborted, whatever becomes of `work`. */
export function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

/** Calls `run` each time when `ms` have passed, until it is cancelled. */
export function every(clock: Pick<Clock, "after">, ms: number, run: () => void): Timer {
  let timer: Timer;
  const arm = () => {
    timer = clock.after(ms, () => {
      arm();
      run();
    });
  };
  arm();
  return { cancel: () => timer.cancel() };
}
