/** What became of a mutant. */
export type Verdict =
  /** A test failed: `by` names it. */
  | { readonly kind: "killed"; readonly by: string }
  /** The tests did not end; that is noticed as well. */
  | { readonly kind: "timed out" }
  | { readonly kind: "survived" }
  /** There was no time left to say. */
  | { readonly kind: "undecided" };

/** How many mutants met which end. */
export interface Score {
  readonly killed: number;
  readonly timedOut: number;
  readonly survived: number;
  readonly undecided: number;
}

/** Counts verdicts. */
export function scoreOf(verdicts: readonly Verdict[]): Score {
  const count = (kind: Verdict["kind"]) => verdicts.filter((each) => each.kind === kind).length;
  return {
    killed: count("killed"),
    timedOut: count("timed out"),
    survived: count("survived"),
    undecided: count("undecided"),
  };
}

/** The part of the decided mutants that was noticed, in percent; 100 if there are none. */
export function percent({ killed, timedOut, survived }: Score): number {
  const decided = killed + timedOut + survived;
  return decided === 0 ? 100 : 100 * (killed + timedOut) / decided;
}

/** What every room has to reach, in percent. */
export const wanted = 90;

/**
 * The probability that at least `survivors` of `mutants` survive, chosen by chance from rooms
 * whose true score is 90 %: the binomial distribution's tail.
 */
export function chance(mutants: number, survivors: number): number {
  const rate = 1 - wanted / 100;
  let term = (1 - rate) ** mutants;
  let tail = survivors <= 0 ? term : 0;
  for (let count = 1; count <= mutants; count++) {
    term *= (mutants - count + 1) / count * rate / (1 - rate);
    if (count >= survivors) tail += term;
  }
  return tail;
}

/** A sample that is as bad as this once in 10,000 times, though the rooms are good, is bad. */
export const significance = 1e-4;

/** The fewest survivors among `mutants` that chance does not explain; more than `mutants` if none. */
export function tooMany(mutants: number): number {
  let survivors = 0;
  while (survivors <= mutants && chance(mutants, survivors) >= significance) survivors++;
  return survivors;
}
