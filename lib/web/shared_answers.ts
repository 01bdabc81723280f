import type { Clock } from "../time/mod.ts";

/** For so many milliseconds an answer is everybody's. */
const freshMs = 1_000;
/** So many are kept at most. */
const kept = 200;

/**
 * Answers to questions that many browsers ask at once: maglevd is asked once, so that no number of
 * pages can keep it busy.
 */
export class SharedAnswers {
  readonly #answers = new Map<string, { readonly at: number; readonly answer: Promise<unknown> }>();

  /** Nothing was asked yet. */
  constructor(private readonly clock: Pick<Clock, "now">) {}

  /** The answer to a question: one that was given a moment ago, or is on its way, or another one. */
  get(question: string, ask: () => Promise<unknown>): Promise<unknown> {
    const now = this.clock.now();
    const known = this.#answers.get(question);
    if (known && now - known.at < freshMs) return known.answer;
    const answer = ask();
    this.#answers.delete(question);
    this.#answers.set(question, { at: now, answer });
    for (const [oldest, { at }] of this.#answers) {
      if (this.#answers.size <= kept && now - at < freshMs) break;
      this.#answers.delete(oldest);
    }
    return answer;
  }
}
