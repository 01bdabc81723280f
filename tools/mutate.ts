/**
 * Mutation testing: changes the source in small ways, one at a time, and looks whether a test
 * fails. A mutant that survives is something that could be wrong without anybody noticing.
 *
 *     deno task mutate health
 *     deno task mutate h2 --sample 60 --seed 7
 *     deno task mutate lib/h2/flow.ts:34
 *     deno task mutate --gate
 *
 * Everything happens in a copy of the tree (docs/testing.md, "Mutation").
 *
 * @module
 */

import { parseArgs } from "node:util";
import { reasonOf } from "../lib/log/mod.ts";
import { inCopies } from "./mutate/tree.ts";
import { type Choice, findMutants } from "./mutate/find.ts";
import { gateSample, headCommit } from "./mutate/gate_sample.ts";
import { baselines, judgeAll } from "./mutate/hunt.ts";
import { described, scoresByRoom, scoreText } from "./mutate/report.ts";
import { rooms } from "./mutate/rooms.ts";
import { percent, wanted } from "./mutate/score.ts";
import { tablePage, withRow } from "./mutate/table.ts";
import { parseTarget, type Target } from "./mutate/targets.ts";

const usage = `usage: deno task mutate [ROOM | FILE | FILE:LINE]... [OPTION]...

  --sample N   only N mutants, chosen at random
  --seed SEED  what chooses them (default: the commit)
  --jobs N     copies of the tree that work at the same time (default: 1)
  --list       name the mutants, without the compiler's opinion, and run nothing
  --table      put the figures into ${tablePage}
  --gate       the sample that the gate takes, within its time

Rooms: ${Object.keys(rooms).join(", ")}; all of them if none is named.`;

interface Options {
  readonly targets: readonly Target[];
  readonly choice: Choice;
  readonly jobs: number;
  readonly list: boolean;
  readonly table: boolean;
  readonly gate: boolean;
}

async function optionsOf(args: string[]): Promise<Options> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      sample: { type: "string" },
      seed: { type: "string" },
      jobs: { type: "string", default: "1" },
      list: { type: "boolean", default: false },
      table: { type: "boolean", default: false },
      gate: { type: "boolean", default: false },
    },
  });
  const { sample, list, table, gate } = values;
  return {
    targets: (positionals.length > 0 ? positionals : Object.keys(rooms)).map(parseTarget),
    choice: {
      seed: values.seed ?? await headCommit(),
      ...sample !== undefined && { sample: positive("--sample", sample) },
    },
    jobs: positive("--jobs", values.jobs),
    list,
    table,
    gate,
  };
}

function positive(flag: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new Error(`${flag} ${text} is not a number from 1`);
  return Number(text);
}

async function hunt(options: Options, signal: AbortSignal): Promise<boolean> {
  const { targets, choice, jobs } = options;
  return await inCopies(jobs, async (copies) => {
    const found = await findMutants(copies[0], targets, choice, !options.list);
    if (options.list) {
      for (const mutant of found.mutants) console.log(described(mutant));
      return true;
    }
    console.log(found.summary);
    const measured = await baselines(copies[0], found.mutants, signal);
    const judged = await judgeAll(copies, found.mutants, measured, {
      signal,
      tell: console.log,
    });
    const scores = scoresByRoom(judged);
    for (const [room, score] of scores) console.log(scoreText(room, score));
    if (options.table) await writeTable(scores);
    return [...scores.values()].every((score) => percent(score) >= wanted);
  });
}

async function writeTable(scores: ReturnType<typeof scoresByRoom>): Promise<void> {
  const date = new Date().toISOString().slice(0, 10);
  const command = `deno task mutate ${Deno.args.filter((each) => each !== "--table").join(" ")}`;
  let page = await Deno.readTextFile(tablePage);
  for (const [room, score] of scores) page = withRow(page, { room, score, date, command });
  await Deno.writeTextFile(tablePage, page);
  await new Deno.Command(Deno.execPath(), { args: ["fmt", "--quiet", tablePage] }).output();
}

async function main(): Promise<boolean> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(name, () => stop.abort(new Error(`ended by ${name}`)));
  }
  const options = await optionsOf(Deno.args);
  return options.gate
    ? await gateSample(options.choice.seed, stop.signal)
    : await hunt(options, stop.signal);
}

Deno.chdir(new URL("..", import.meta.url));
if (Deno.args.includes("--help")) {
  console.log(usage);
} else {
  try {
    Deno.exit(await main() ? 0 : 1);
  } catch (error) {
    console.error(reasonOf(error));
    Deno.exit(2);
  }
}
