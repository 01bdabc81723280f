import { type PeerShares, prefixOf } from "../port/mod.ts";
import type { Clock } from "../time/mod.ts";

/** For so many milliseconds an answer is everybody's. */
const freshMs = 1_000;
/** So many are kept at most. */
const kept = 200;

/** Nobody is asked for a network that asks so much at a time. */
export class TooManyQuestions extends Error {
  override readonly name = "TooManyQuestions";
}

/**
 * Answers to questions that many browsers ask at once: maglevd is asked once, so that no number of
 * pages can keep it busy. Of different questions so many are under way as `shares` has it.
 */
export class SharedAnswers<Answer> {
  readonly #answers = new Map<string, { readonly at: number; readonly answer: Promise<Answer> }>();

  constructor(
    private readonly clock: Pick<Clock, "now">,
    private readonly shares: PeerShares,
  ) {}

  /**
   * The answer to a question of `peer`: one that was given a moment ago, or is on its way, or another
   * one. Throws {@link TooManyQuestions}.
   */
  get(question: string, peer: string, ask: () => Promise<Answer>): Promise<Answer> {
    const now = this.clock.now();
    const known = this.#answers.get(question);
    if (known && now - known.at < freshMs) return known.answer;
    const answer = this.#ask(peer, ask);
    this.#answers.delete(question);
    this.#answers.set(question, { at: now, answer });
    for (const [oldest, { at }] of this.#answers) {
      if (this.#answers.size <= kept && now - at < freshMs) break;
      this.#answers.delete(oldest);
    }
    return answer;
  }

  #ask(peer: string, ask: () => Promise<Answer>): Promise<Answer> {
    const { shares } = this;
    const prefix = prefixOf(peer);
    const claim = shares.claim(prefix);
    if (typeof claim === "string") {
      throw new TooManyQuestions(`too many at a time: ${shares.refuse(claim, prefix, peer)}`);
    }
    return ask().finally(() => claim.giveBack());
  }
}
