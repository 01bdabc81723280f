import { prefixOf } from "../rpc/mod.ts";
import type { Clock } from "../time/mod.ts";

/** Milliseconds after the first wrong password; after each further one twice as long. */
const firstMs = 100;
const longestMs = 4_000;

/** Milliseconds without a wrong password after which those of a network are forgotten. */
const forgottenAfterMs = 60_000;

/** Networks that are remembered; of more the one that was wrong longest ago is forgotten. */
const mostPrefixes = 1_024;

/**
 * Limits how many passwords a network tries, by IPv4 address and IPv6 /64. A password was made up by
 * people, and may be guessed: after a wrong one none is looked at for a while, right or wrong, on
 * however many connections they come at once.
 */
export class PasswordGuesses {
  /** Those that were wrong last at the end. */
  readonly #wrong = new Map<string, { readonly count: number; readonly at: number }>();

  /** Nobody has tried any yet. */
  constructor(private readonly clock: Pick<Clock, "now">) {}

  /** Milliseconds until a password of a peer's network is looked at; 0: it is now. */
  waitMs(peer: string): number {
    const known = this.#knownOf(prefixOf(peer).text);
    if (!known) return 0;
    const pauseMs = Math.min(longestMs, firstMs * 2 ** (known.count - 1));
    return Math.max(0, known.at + pauseMs - this.clock.now());
  }

  /** A peer has shown a wrong one. */
  wrong(peer: string): void {
    const { text } = prefixOf(peer);
    const count = (this.#knownOf(text)?.count ?? 0) + 1;
    this.#wrong.delete(text);
    this.#wrong.set(text, { count, at: this.clock.now() });
    for (const oldest of this.#wrong.keys()) {
      if (this.#wrong.size <= mostPrefixes) break;
      this.#wrong.delete(oldest);
    }
  }

  #knownOf(prefix: string) {
    const known = this.#wrong.get(prefix);
    return known && this.clock.now() - known.at < forgottenAfterMs ? known : undefined;
  }
}
