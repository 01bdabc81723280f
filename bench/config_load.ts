/**
 * What a big configuration costs: `deno run -A bench/config_load.ts [backends] [frontends]`
 * (10,000 and 1,000 unless given). Prints the time of the YAML library alone, of the whole check,
 * and of a load by the worker together with how long the event loop stood still meanwhile.
 *
 * @module
 */

import { Composer, Parser } from "yaml";
import { openFileWorker } from "../lib/access/mod.ts";
import { type Config, configDiffSteps, ConfigLoader, parseConfig } from "../lib/config/mod.ts";
import { atOnce, systemClock } from "../lib/time/mod.ts";
import { bigFile } from "../tests/config/support/valid.ts";

const rounds = 5;

const [backends = 10_000, frontends = 1000] = Deno.args.map(Number);
const text = bigFile(backends, frontends);
console.log(`${backends} backends, ${frontends} frontends, ${text.length} bytes, ${rounds} rounds`);

report(
  "YAML library alone, ms",
  await repeat(() => {
    const composer = new Composer({ schema: "failsafe", uniqueKeys: false, prettyErrors: false });
    for (const _ of composer.compose(new Parser().parse(text)));
  }),
);
report("parseConfig, ms", await repeat(() => void parseConfig(text, "bench")));
const before = configOf(text);
for (
  const [what, changed] of [
    ["nothing", text],
    ["every backend's address", text.replaceAll("address: 10.", "address: 11.")],
    ["every backend's name", text.replaceAll("web-", "www-")],
    ["every weight", text.replaceAll(/weight: \d+/g, "weight: 50")],
  ] as const
) {
  const after = configOf(changed);
  report(
    `configDiff, ${what}, ms`,
    await repeat(() => void atOnce(configDiffSteps(before, after))),
  );
}

const path = await Deno.makeTempFile({ suffix: ".yaml" });
try {
  using worker = openFileWorker(systemClock);
  const loader = new ConfigLoader(systemClock, worker);
  let loads = 0;
  // What has not changed is not parsed again.
  const load = async () => {
    await Deno.writeTextFile(path, `${text}# ${loads++}\n`);
    await loader.load(path);
  };
  reportTurns("making the worker and loading", [await longestTurn(load)]);
  const turns: Turn[] = [];
  report("load by that worker, ms", await repeat(async () => turns.push(await longestTurn(load))));
  reportTurns("in it", turns);
  const idle: Turn[] = [];
  const sleep = () => new Promise((resolve) => setTimeout(resolve, 1000));
  await repeat(async () => idle.push(await longestTurn(sleep)));
  reportTurns("doing nothing for 1 s", idle);
} finally {
  await Deno.remove(path);
}
console.log(`RSS at the end: ${Math.round(Deno.memoryUsage().rss / 1e6)} MB`);

function configOf(text: string): Config {
  const outcome = parseConfig(text, "bench");
  if (outcome.kind === "invalid") throw new Error(outcome.problems[0]?.message);
  return outcome.config;
}

/** A turn of the event loop, in milliseconds. */
interface Turn {
  readonly elapsed: number;
  /** What the thread itself used: the rest it waited, mostly for a processor. */
  readonly cpu: number;
}

/** The most that passed between two turns of a 1 ms timer while `run` was under way. */
async function longestTurn(run: () => Promise<unknown>): Promise<Turn> {
  let [elapsed, cpu] = [0, 0];
  let [lastTime, lastCpu] = [performance.now(), threadCpu()];
  const timer = setInterval(() => {
    const [time, used] = [performance.now(), threadCpu()];
    elapsed = Math.max(elapsed, time - lastTime);
    cpu = Math.max(cpu, used - lastCpu);
    [lastTime, lastCpu] = [time, used];
  }, 1);
  await run();
  clearInterval(timer);
  return { elapsed, cpu };
}

/** Processor time of the main thread in milliseconds (proc(5), schedstat). */
function threadCpu(): number {
  const schedstat = Deno.readTextFileSync(`/proc/self/task/${Deno.pid}/schedstat`);
  return Number(schedstat.split(" ")[0]) / 1e6;
}

async function repeat(run: () => unknown): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times;
}

function reportTurns(when: string, turns: readonly Turn[]): void {
  report(`longest turn ${when}, ms`, turns.map(({ elapsed }) => elapsed));
  report("  processor time of the costliest turn, ms", turns.map(({ cpu }) => cpu));
}

function report(what: string, values: readonly number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, median, most] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  const shown = [least, median, most].map((value) => (value ?? 0).toFixed(1)).join(" / ");
  console.log(`${what} (least / median / most): ${shown}`);
}
