import { type Clock, sleep, systemClock } from "../time/mod.ts";

/** How long something may wait, and whose clock tells. */
export interface WaitOptions {
  /** Longest wait; forever when absent. */
  readonly timeoutMs?: number;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** The system's when absent. */
  readonly clock?: Clock;
}

/** Longest pause between two attempts, in milliseconds. */
const longestPauseMs = 16;

/**
 * Repeats a non-blocking `attempt` until it returns something, pausing 1 ms at first, then twice
 * as long each time up to 16 ms. For what happens seldom and is over at once, such as a handshake
 * over a Unix socket: sockets that are watched for long belong to the engine. Undefined when the
 * time is over.
 */
export async function attemptUntil<T>(
  attempt: () => T | undefined,
  options: WaitOptions,
): Promise<T | undefined> {
  const clock = options.clock ?? systemClock;
  const end = clock.now() + (options.timeoutMs ?? Infinity);
  for (let pauseMs = 1;; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    options.signal?.throwIfAborted();
    const result = attempt();
    if (result !== undefined) return result;
    const leftMs = end - clock.now();
    if (leftMs <= 0) return undefined;
    await sleep(clock, Math.min(pauseMs, leftMs), options.signal);
  }
}
