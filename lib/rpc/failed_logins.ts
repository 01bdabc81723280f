import type { Clock } from "../time/mod.ts";
import { prefixOf } from "./prefix.ts";

/** Milliseconds that the first failure waits for its answer; each further one twice as long. */
const firstMs = 100;
const longestMs = 4_000;

/** Milliseconds without a failure after which those of a network are forgotten. */
const forgottenAfterMs = 60_000;

/** Networks that are remembered; of more the one that failed longest ago is forgotten. */
const mostPrefixes = 1_024;

/**
 * Makes whoever shows something wrong wait for the answer, by IPv6 /64 and IPv4 address, the longer
 * the more often. Nobody who shows something right waits. Those who wait count as requests under
 * way, of which nobody has more than a share.
 */
export class FailedLogins {
  /** Those that failed last at the end. */
  readonly #failed = new Map<string, { readonly count: number; readonly at: number }>();

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
    return new Promise((resolve) => void this.clock.after(ms, resolve));
  }

  #countOf(prefix: string): number {
    const known = this.#failed.get(prefix);
    return known && this.clock.now() - known.at < forgottenAfterMs ? known.count : 0;
  }
}
