import { type Baseline, baselineOf } from "./baseline.ts";
import { ImportGraph } from "./imports.ts";
import { Judge } from "./judge.ts";
import type { Mutant } from "./mutants.ts";
import { type Judged, judgedText } from "./report.ts";
import { roomOf } from "./rooms.ts";
import type { Copies, TreeCopy } from "./tree.ts";

/** Measures the rooms that the mutants are of, and says how long it will take. */
export async function baselines(
  copy: TreeCopy,
  mutants: readonly Mutant[],
  signal: AbortSignal,
): Promise<Map<string, Baseline>> {
  const measured = new Map<string, Baseline>();
  for (const [room, some] of Map.groupBy(mutants, ({ path }) => roomOf(path))) {
    const baseline = await baselineOf(copy, room, signal);
    measured.set(room, baseline);
    const seconds = estimateOf(baseline);
    console.log(
      `${room}: ${some.length} mutants at about ${seconds.toFixed(1)} s, ` +
        `about ${minutes(some.length * seconds)} with one job`,
    );
  }
  return measured;
}

/**
 * Seconds for one mutant, roughly: most are noticed early, one in ten costs the whole run, and
 * starting costs half a second.
 */
function estimateOf({ files }: Baseline): number {
  const whole = [...files.values()].reduce((sum, each) => sum + each, 0) / 1000;
  return 0.5 + 0.3 * whole;
}

/** How a hunt goes along. */
export interface Hunt {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Hears what becomes of each mutant. */
  readonly tell: (line: string) => void;
  /** When mutants begin to stay undecided, in milliseconds of `performance.now()`. */
  readonly deadline?: number;
}

/** Judges all mutants, each copy working for itself. */
export async function judgeAll(
  copies: Copies,
  mutants: readonly Mutant[],
  measured: ReadonlyMap<string, Baseline>,
  { signal, tell, deadline = Infinity }: Hunt,
): Promise<Judged[]> {
  const judge = new Judge(measured, await ImportGraph.of(copies[0].root), signal);
  const started = performance.now();
  const judged: Judged[] = [];
  const queue = mutants.values();
  await Promise.all(copies.map(async (copy) => {
    for (const mutant of queue) {
      // Four times its share of the time that is left: most mutants need much less than theirs.
      const share = 4 * (deadline - performance.now()) / (mutants.length - judged.length);
      const each = { mutant, verdict: await judge.judge(mutant, copy, share) };
      judged.push(each);
      const perMutant = (performance.now() - started) / 1000 / judged.length;
      const left = minutes(perMutant * (mutants.length - judged.length));
      tell(`[${judged.length}/${mutants.length}, ${left} left] ${judgedText(each)}`);
    }
  }));
  return judged;
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
