import type { Mutant } from "./mutants.ts";
import { percent, type Score, scoreOf, type Verdict } from "./score.ts";
import { roomOf } from "./rooms.ts";

/** A mutant with what became of it. */
export interface Judged {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
}

/** Where a mutant is and what it changes, in three lines. */
export function described({ path, line, column, operator, original, replacement }: Mutant): string {
  return `${path}:${line}:${column} ${operator}\n  - ${original}\n  + ${replacement}`;
}

/** What became of one mutant: a line, or all about it if it matters to the reader. */
export function judgedText({ mutant, verdict }: Judged): string {
  switch (verdict.kind) {
    case "killed":
      return `killed    ${mutant.path}:${mutant.line} by ${verdict.by}`;
    case "timed out":
      return `timed out ${mutant.path}:${mutant.line} ${mutant.operator}`;
    case "survived":
      return `SURVIVED  ${described(mutant)}`;
    case "undecided":
      return `undecided ${mutant.path}:${mutant.line} ${mutant.operator}`;
  }
}

/** The score of each room that was mutated, by its name. */
export function scoresByRoom(judged: readonly Judged[]): Map<string, Score> {
  const byRoom = Map.groupBy(judged, ({ mutant }) => roomOf(mutant.path));
  return new Map(
    [...byRoom].map(([room, all]) => [room, scoreOf(all.map(({ verdict }) => verdict))]),
  );
}

/** `h2: 60 mutants, 50 killed, 2 timed out, 8 survived: 86.7 %`. */
export function scoreText(room: string, score: Score): string {
  const { killed, timedOut, survived, undecided } = score;
  const mutants = killed + timedOut + survived + undecided;
  const more = undecided > 0 ? `, ${undecided} undecided` : "";
  return `${room}: ${mutants} mutants, ${killed} killed, ${timedOut} timed out, ` +
    `${survived} survived${more}: ${percent(score).toFixed(1)} %`;
}
