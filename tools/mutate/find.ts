import { compiling } from "./compiles.ts";
import { listPath, readEquivalents, withoutEquivalents } from "./equivalents.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";
import { interleaved, randomOf, shuffled } from "./random.ts";
import { sourcesOf } from "./rooms.ts";
import { isMeant, type Target } from "./targets.ts";
import type { TreeCopy } from "./tree.ts";

/** Which of the mutants are taken. */
export interface Choice {
  readonly seed: string;
  /** How many; all if absent. */
  readonly sample?: number;
}

/** Mutants, and in a sentence how they were chosen. */
export interface Found {
  readonly mutants: readonly Mutant[];
  readonly summary: string;
}

/**
 * The mutants of the targets that count: not equivalent, accepted by the compiler (unless `check`
 * is false), and chosen. A sample takes from each room in turn.
 */
export async function findMutants(
  copy: TreeCopy,
  targets: readonly Target[],
  choice: Choice,
  check: boolean,
): Promise<Found> {
  const names = [...new Set(targets.map(({ room }) => room))];
  const all = await mutantsOfRooms(copy, names);
  const list = readEquivalents(await copy.read(listPath));
  const ours = list.filter(({ file }) => names.some((room) => file.startsWith(`lib/${room}/`)));
  const counted = withoutEquivalents(all.flat(), ours);
  const meant = counted.filter((mutant) => targets.some((target) => isMeant(target, mutant)));
  const random = randomOf(choice.seed);
  const { sample = meant.length } = choice;
  const queue = sample < meant.length
    ? interleaved(
      shuffled(names, random).map((room) =>
        shuffled(meant.filter(({ path }) => path.startsWith(`lib/${room}/`)), random)
      ),
    )
    : meant;
  const mutants = check ? await firstCompiling(copy, queue, sample) : queue.slice(0, sample);
  const seed = sample < meant.length ? `, seed ${choice.seed}` : "";
  const summary = `${mutants.length} of ${meant.length} mutants${seed}; the rest is not chosen, ` +
    `or the compiler refuses it; ${all.flat().length - counted.length} are equivalent`;
  return { mutants, summary };
}

async function mutantsOfRooms(copy: TreeCopy, names: readonly string[]): Promise<Mutant[][]> {
  const paths = (await Promise.all(names.map((room) => sourcesOf(copy.root, room)))).flat();
  return await Promise.all(paths.map(async (path) => mutantsOf(path, await copy.read(path))));
}

/** The first so many that the compiler accepts, asking it about half as many more at a time. */
async function firstCompiling(
  copy: TreeCopy,
  queue: readonly Mutant[],
  count: number,
): Promise<Mutant[]> {
  const accepted: Mutant[] = [];
  let asked = 0;
  while (accepted.length < count && asked < queue.length) {
    const next = queue.slice(asked, asked + Math.ceil(1.5 * (count - accepted.length)));
    asked += next.length;
    accepted.push(...await compiling(copy, next));
  }
  return accepted.slice(0, count);
}
