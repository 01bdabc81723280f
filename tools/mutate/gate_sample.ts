import type { Baseline } from "./baseline.ts";
import { findMutants } from "./find.ts";
import { judgeAll } from "./hunt.ts";
import { described } from "./report.ts";
import { rooms, testFilesOf } from "./rooms.ts";
import { chance, type Score, scoreOf, tooMany, wanted } from "./score.ts";
import { parseTarget } from "./targets.ts";
import { inCopies, type TreeCopy } from "./tree.ts";

/** How many mutants the gate takes, from all rooms. */
const sample = 12;

/** How long it runs tests on them, in milliseconds. */
const budgetMs = 30_000;

/**
 * Judges a few mutants from all rooms and says whether there are more survivors than chance
 * explains where every room has the score it has to have. The tests are taken to pass without any
 * change: the gate runs them, too.
 */
export async function gateSample(seed: string, signal: AbortSignal): Promise<boolean> {
  return await inCopies(1, async (copies) => {
    const targets = Object.keys(rooms).map(parseTarget);
    const { mutants } = await findMutants(copies[0], targets, { seed, sample }, true);
    const deadline = performance.now() + budgetMs;
    const tell = () => {};
    const tests = await unmeasured(copies[0]);
    const judged = await judgeAll(copies, mutants, tests, { signal, deadline, tell });
    const score = scoreOf(judged.map(({ verdict }) => verdict));
    console.log(gateText(score));
    for (const { mutant, verdict } of judged) {
      if (verdict.kind === "survived") console.log(`survived: ${described(mutant)}`);
    }
    console.log(`the same again: deno task mutate --gate --seed ${seed}`);
    return isGood(score);
  });
}

/** Whether chance explains so many survivors. */
export function isGood({ killed, timedOut, survived }: Score): boolean {
  return survived < tooMany(killed + timedOut + survived);
}

/** The sample's outcome in a sentence, with what would be too many, and how sure that is. */
export function gateText({ killed, timedOut, survived, undecided }: Score): string {
  const decided = killed + timedOut + survived;
  const limit = tooMany(decided);
  const counts = `${killed + timedOut} mutants noticed, ${survived} survived, ` +
    `${undecided} undecided for want of time`;
  if (limit > decided) return `${counts}: too few to judge by`;
  const once = Math.round(1 / chance(decided, limit)).toLocaleString("en");
  return `${counts}; ${limit} survivors of ${decided} would be too many: ` +
    `with a true score of ${wanted} % they come by chance once in ${once} samples`;
}

/** No time to measure: as if each file took a minute, but no test more than a moment. */
async function unmeasured(copy: TreeCopy): Promise<Map<string, Baseline>> {
  const measured = new Map<string, Baseline>();
  for (const room of Object.keys(rooms)) {
    const files = await testFilesOf(copy.root, room);
    measured.set(room, { files: new Map(files.map((path) => [path, 60_000])), longestMs: 0 });
  }
  return measured;
}

/** The commit that is tested, with which samples differ from one to the next; fixed without git. */
export async function headCommit(): Promise<string> {
  const git = new Deno.Command("git", {
    args: ["rev-parse", "--short=12", "HEAD"],
    stderr: "null",
  });
  try {
    const { success, stdout } = await git.output();
    if (success) return new TextDecoder().decode(stdout).trim();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return "1";
}
