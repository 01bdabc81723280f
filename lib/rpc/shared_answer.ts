import type { Clock } from "../time/mod.ts";
import type { Answer } from "./answer.ts";

/** What an answer depends on, part by part. */
export type Version = readonly unknown[];

/** How an answer is made that many may ask for at once. */
export interface SharedAnswerOptions {
  readonly clock: Clock;
  /** What it depends on, as of now; anything else in it may be a moment old. */
  readonly version: () => Version;
  /** Makes it, in slices where it is long. */
  readonly make: () => Promise<Answer>;
}

/**
 * An answer keeps for so many times as long as it took to make. So making one over and over takes
 * no more than a tenth of a core, and a short one is never old.
 */
const keepsFor = 10;

/** One that was made, or is being made. */
interface Made {
  readonly version: Version;
  readonly answer: Promise<Answer>;
  /** When it is too old, in the clock's milliseconds; not before it is there. */
  until: number;
}

/**
 * An answer that takes long to make, made once for all who ask for it meanwhile. Whoever asks
 * gets what was true when they asked, as far as the version says it: who has changed something and
 * asks then sees the change. One is made at a time, so a thousand who ask cost as much as one or
 * two.
 */
export class SharedAnswer {
  #latest: Made | undefined;
  #next: Promise<Answer> | undefined;

  constructor(private readonly options: SharedAnswerOptions) {}

  /** The answer as of now. */
  get(): Promise<Answer> {
    const latest = this.#latest;
    if (!latest) return this.#make();
    const { clock, version } = this.options;
    if (clock.now() < latest.until && same(latest.version, version())) return latest.answer;
    if (latest.until !== Infinity) return this.#make();
    return this.#next ??= this.#makeAfter(latest.answer);
  }

  async #makeAfter(earlier: Promise<Answer>): Promise<Answer> {
    // What became of the one before is told to those who have asked for it.
    await Promise.allSettled([earlier]);
    this.#next = undefined;
    return await this.#make();
  }

  #make(): Promise<Answer> {
    const { clock, version, make } = this.options;
    const start = clock.now();
    const made: Made = { version: version(), answer: make(), until: Infinity };
    this.#latest = made;
    const ended = () => {
      const now = clock.now();
      made.until = now + keepsFor * (now - start);
    };
    made.answer.then(ended, () => this.#latest = undefined);
    return made.answer;
  }
}

function same(a: Version, b: Version): boolean {
  return a.length === b.length && a.every((each, i) => each === b[i]);
}

/**
 * Answers that depend on one object alone, which is never changed: made once for each. Those that
 * are made in slices are promises, whose making cannot fail.
 */
export class AnswersByObject<A extends Answer | Promise<Answer> = Answer> {
  readonly #known = new WeakMap<object, { binary?: A; json?: A }>();

  /** The answer about `object`, made unless it was before. */
  of(object: object, binary: boolean, make: () => A): A {
    const known = this.#known.getOrInsertComputed(object, () => ({}));
    return binary ? known.binary ??= make() : known.json ??= make();
  }
}
