import type { Clock } from "../time/mod.ts";
import { prefixOf } from "./prefix.ts";

/** Milliseconds that the first failure costs; each further one twice as long. */
const firstMs = 100;
const longestMs = 4_000;

/** Milliseconds without a failure after which those of a network are forgotten. */
const forgottenAfterMs = 60_000;

/** Networks that are remembered; of more the one that failed longest ago is forgotten. */
const mostPrefixes = 1_024;

/** Remembers who has shown something wrong lately, by IPv6 /64 and IPv4 address, and what it costs. */
export class RecentFailures {
  /** Those that failed last at the end. */
  readonly #failed = new Map<string, { readonly count: number; readonly at: number }>();

  /** Nobody has failed yet. */
  constructor(private readonly clock: Pick<Clock, "now">) {}

  /** A peer has failed; returns how many milliseconds that costs it. */
  add(peer: string): number {
    const { text } = prefixOf(peer);
    const count = (this.#known(text)?.count ?? 0) + 1;
    this.#failed.delete(text);
    this.#failed.set(text, { count, at: this.clock.now() });
    for (const oldest of this.#failed.keys()) {
      if (this.#failed.size <= mostPrefixes) break;
      this.#failed.delete(oldest);
    }
    return costMs(count);
  }

  /** Milliseconds that are left of what the last failure of a peer's network costs. */
  leftMs(peer: string): number {
    const known = this.#known(prefixOf(peer).text);
    return known ? Math.max(0, known.at + costMs(known.count) - this.clock.now()) : 0;
  }

  #known(prefix: string): { readonly count: number; readonly at: number } | undefined {
    const known = this.#failed.get(prefix);
    return known && this.clock.now() - known.at < forgottenAfterMs ? known : undefined;
  }
}

function costMs(count: number): number {
  return Math.min(longestMs, firstMs * 2 ** (count - 1));
}

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
