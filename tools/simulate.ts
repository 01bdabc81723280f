/**
 * Plays random histories of the whole daemon: `deno task simulate [SEED] [--histories N]
 * [--seconds S]`. With a seed it replays that one history and prints its log; without one it plays
 * many, the first seed being the time or that of `--from`, until one goes wrong.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { historyOf, runHistory, shortened } from "../lib/simulation/mod.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    histories: { type: "string", default: "2000" },
    seconds: { type: "string" },
    from: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});

Deno.exit(
  positionals[0] === undefined ? await many() : await replay(Number(positionals[0])),
);

/** Prints everything that happens in one history. */
async function replay(seed: number): Promise<number> {
  const history = historyOf(seed);
  console.log(JSON.stringify({ ...history, actions: undefined }, undefined, 1));
  const { wrong, lines } = await runHistory(history, { keepsLog: true });
  for (const line of lines) console.log(line);
  return verdict(1, wrong.length > 0 ? 1 : 0);
}

/** Plays histories until the number or the time is reached. */
async function many(): Promise<number> {
  const first = Number(values.from ?? Date.now() % 1_000_000_000);
  const end = performance.now() + Number(values.seconds ?? Infinity) * 1_000;
  const most = values.seconds === undefined ? Number(values.histories) : Infinity;
  console.log(`seeds from ${first}`);
  let failed = 0;
  let played = 0;
  for (; played < most && performance.now() < end; played++) {
    const { wrong } = await runHistory(historyOf(first + played));
    if (wrong.length === 0) continue;
    failed++;
    await report(first + played, wrong);
    if (!values.keep) return verdict(played + 1, failed);
  }
  return verdict(played, failed);
}

async function report(seed: number, wrong: readonly string[]): Promise<void> {
  console.log(`seed ${seed}: ${wrong.join("; ")}`);
  if (values.keep) return;
  const short = await shortened(historyOf(seed));
  const { lines } = await runHistory(short, { keepsLog: true });
  console.log(`shortened: ${JSON.stringify(short, undefined, 1)}`);
  for (const line of lines) console.log(line);
  console.log(`the whole of it: deno task simulate ${seed}`);
}

function verdict(played: number, failed: number): number {
  console.log(`${played - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}
