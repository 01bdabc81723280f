import { type Baseline, baselineOf } from "./baseline.ts";
import type { Copies } from "./copies.ts";
import { ImportGraph } from "./imports.ts";
import { Judge } from "./judge.ts";
import type { Mutant } from "./mutants.ts";
import { type Judged, judgedText } from "./report.ts";
import { roomOf } from "./rooms.ts";
import type { TreeCopy } from "./tree.ts";

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

/** Judges all mutants, each copy working for itself, and prints what becomes of them. */
export async function judgeAll(
  copies: Copies,
  mutants: readonly Mutant[],
  measured: ReadonlyMap<string, Baseline>,
  signal: AbortSignal,
  deadline?: number,
): Promise<Judged[]> {
  const judge = new Judge(measured, await ImportGraph.of(copies[0].root), signal, deadline);
  const started = performance.now();
  const judged: Judged[] = [];
  const queue = mutants.values();
  await Promise.all(copies.map(async (copy) => {
    for (const mutant of queue) {
      const each = { mutant, verdict: await judge.judge(mutant, copy) };
      judged.push(each);
      const perMutant = (performance.now() - started) / 1000 / judged.length;
      const left = minutes(perMutant * (mutants.length - judged.length));
      console.log(`[${judged.length}/${mutants.length}, ${left} left] ${judgedText(each)}`);
    }
  }));
  return judged;
}

function minutes(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
