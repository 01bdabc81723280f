import type { Clock } from "../time/mod.ts";
import { prefixOf } from "./prefix.ts";
import { RecentFailures } from "./recent_failures.ts";

/** Of one network so many wait at a time: they hold requests that others of it may need. */
const mostWaiting = 16;

/**
 * Makes whoever shows something wrong wait for the answer, by IPv6 /64 and IPv4 address, the longer
 * the more often. Nobody who shows something right waits. Those who wait count as requests under
 * way, of which a network has no more than a share; so where many of one wait, who has waited longest
 * is told, and those of it who show something right find room.
 */
export class FailedLogins {
  readonly #failures: RecentFailures;
  /** How to tell those who wait, by network, who has waited longest first. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Nobody has failed yet. */
  constructor(private readonly clock: Clock) {
    this.#failures = new RecentFailures(clock);
  }

  /** Resolves when somebody who has just failed may hear of it. */
  pause(peer: string): Promise<void> {
    return this.#wait(prefixOf(peer).text, this.#failures.add(peer));
  }

  #wait(prefix: string, ms: number): Promise<void> {
    const waiting = this.#waiting.get(prefix) ?? new Set();
    return new Promise((resolve) => {
      const tell = () => {
        timer.cancel();
        waiting.delete(tell);
        if (waiting.size === 0) this.#waiting.delete(prefix);
        resolve();
      };
      const timer = this.clock.after(ms, tell);
      this.#waiting.set(prefix, waiting.add(tell));
      const [longest] = waiting;
      if (waiting.size > mostWaiting) longest?.();
    });
  }
}
