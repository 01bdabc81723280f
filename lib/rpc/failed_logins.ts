import type { Clock } from "../time/mod.ts";
import { prefixOf } from "./prefix.ts";

/** Milliseconds that the first failure waits for its answer; each further one twice as long. */
const firstMs = 100;
const longestMs = 4_000;

/** Milliseconds without a failure after which those of a network are forgotten. */
const forgottenAfterMs = 60_000;

/** Of one network so many wait at a time: they hold requests that others of it may need. */
const mostWaiting = 16;

/** Networks that are remembered; of more the one that failed longest ago is forgotten. */
const mostPrefixes = 1_024;

/**
 * Makes whoever shows something wrong wait for the answer, by IPv6 /64 and IPv4 address, the longer
 * the more often. Nobody who shows something right waits. Those who wait count as requests under
 * way, of which a network has no more than a share; so where many of one wait, who has waited longest
 * is told, and those of it who show something right find room.
 */
export class FailedLogins {
  /** Those that failed last at the end. */
  readonly #failed = new Map<string, { readonly count: number; readonly at: number }>();
  /** How to tell those who wait, by network, who has waited longest first. */
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Nobody has failed yet. */
  constructor(private readonly clock: Clock) {}

  /** Resolves when somebody who has just failed may hear of it. */
  pause(peer: string): Promise<void> {
    const { text } = prefixOf(peer);
    const count = this.#countOf(text) + 1;
    this.#failed.delete(text);
    this.#failed.set(text, { count, at: this.clock.now() });
    for (const oldest of this.#failed.keys()) {
      if (this.#failed.size <= mostPrefixes) break;
      this.#failed.delete(oldest);
    }
    const ms = Math.min(longestMs, firstMs * 2 ** (count - 1));
    return this.#wait(text, ms);
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

  #countOf(prefix: string): number {
    const known = this.#failed.get(prefix);
    return known && this.clock.now() - known.at < forgottenAfterMs ? known.count : 0;
  }
}
