import { type Config, formatOutcome, loadConfig } from "../config/mod.ts";
import { UsageError } from "../flags/mod.ts";
import { reasonOf } from "../log/mod.ts";
import { descriptorLimit, descriptorShares } from "../net/mod.ts";
import { systemClock } from "../time/mod.ts";
import { formatVersion, version } from "../version/mod.ts";
import { NewFlows } from "./ask/new_flows.ts";
import type { Asker } from "./ask/types.ts";
import { Board, isWithin, reportOf } from "./board.ts";
import { completionScript, usage } from "./flags.ts";
import { feasibleInterval, Round } from "./round.ts";
import { choosePaint, printableJson } from "./text.ts";
import { runScreen } from "./screen/full_screen.ts";
import { readRequest, type Settings } from "./settings.ts";
import type { WindowLimits } from "./stats/window.ts";
import { placeOf, type Targets, targetsOf } from "./targets.ts";

/** What maglevt ends with. */
export const exitCodes = {
  /** All as it should be. */
  done: 0,
  /** Something went wrong that nobody expected. */
  failed: 1,
  /** Flags or configuration are wrong. */
  usage: 2,
  /** More was lost than `--max-loss`. */
  lost: 5,
} as const;

/** Tries under way at most, where descriptors allow it. */
const mostUnderWay = 1024;

/** What figures on the screen are of. */
const screenWindow = { forMs: 60_000, most: 1_000 } as const;

/** Tries of a VIP, and of all together, that figures of a report are of: 16 bytes each. */
const mostReported = { ofOne: 10_000, ofAll: 1_000_000 } as const;

/** maglevt: asks VIPs and shows how they answer. Resolves to the exit code. */
export async function runMaglevt(args: readonly string[]): Promise<number> {
  try {
    const request = readRequest(args, Deno.env);
    switch (request.kind) {
      case "run":
        return await ask(request.settings);
      case "help":
        console.log(usage());
        break;
      case "version":
        console.log(formatVersion("maglevt"));
        break;
      case "completion":
        console.log(completionScript(request.shell));
    }
    return exitCodes.done;
  } catch (error) {
    console.error(`maglevt: ${reasonOf(error)}`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}

async function ask(settings: Settings): Promise<number> {
  const { json, maxLoss, durationMs } = settings;
  const canDraw = Deno.stdout.isTerminal() && Deno.env.get("TERM") !== "dumb";
  if (!json && !canDraw) {
    throw new UsageError("the screen needs a terminal; --json prints figures instead");
  }
  const configs = await loadConfigs(settings.configs);
  if (!configs) return exitCodes.usage;
  const { vips, unasked } = chosen(targetsOf(configs, settings.scheme), settings);
  const clock = systemClock;
  const intervalMs = feasibleInterval(settings.intervalMs, vips, settings.keepalive);
  const board = new Board(vips, json ? reportWindow(vips.length) : screenWindow, clock.now());
  await using asker = await makeAsker(settings);
  using round = new Round({
    ...{ vips, asker, clock, intervalMs },
    mostUnderWay: Math.min(mostUnderWay, descriptorShares(descriptorLimit()).suspects),
    random: Math.random,
    done: (vip, result) => board.add(vip, result, clock.now()),
    leftOut: () => board.leftOut++,
  });
  if (json) {
    await forAWhile(round, durationMs);
    const init = { version: version.version, unasked, maxLoss, intervalMs };
    const report = reportOf(board, init, clock.now());
    console.log(printableJson(JSON.stringify(report, undefined, 2)));
  } else {
    const { keepalive, ask: { timeoutMs } } = settings;
    const asking = { unasked, intervalMs, timeoutMs, keepalive };
    await runScreen({ board, round, clock, paint: choosePaint(Deno.env), ...asking, durationMs });
  }
  const isJudged = json || durationMs !== undefined;
  return isJudged && !isWithin(board, maxLoss) ? exitCodes.lost : exitCodes.done;
}

/** All files, or nothing after it was said what is wrong with them. */
async function loadConfigs(paths: readonly string[]): Promise<readonly Config[] | undefined> {
  const outcomes = await Promise.all(paths.map(loadConfig));
  const configs: Config[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind === "valid") configs.push(outcome.config);
    else console.error(formatOutcome(outcome));
  }
  return configs.length === outcomes.length ? configs : undefined;
}

/** Those that the filter lets through. Throws UsageError where there are none. */
function chosen(all: Targets, { filter, configs }: Settings): Targets {
  const isChosen = (name: string, place: string) =>
    filter === undefined || filter.test(name) || filter.test(place);
  const vips = all.vips.filter((vip) => isChosen(vip.name, placeOf(vip)));
  const unasked = all.unasked.filter(({ name, place }) => isChosen(name, place));
  if (vips.length > 0) return { vips, unasked };
  const matching = filter === undefined ? "" : " that matches --filter";
  throw new UsageError(`there is no VIP to ask${matching} in ${configs.join(", ")}`);
}

function reportWindow(vips: number): WindowLimits {
  const { ofOne, ofAll } = mostReported;
  return { forMs: Infinity, most: Math.max(1, Math.min(ofOne, Math.floor(ofAll / vips))) };
}

/** What keeps flows is loaded only where it is wanted: it takes longer than all the rest. */
async function makeAsker({ ask, keepalive }: Settings): Promise<Asker> {
  const flows = new NewFlows(ask, systemClock);
  if (!keepalive) return flows;
  const { KeptFlows } = await import("./ask/kept_flows.ts");
  return new KeptFlows(ask, flows);
}

/** Asks for so long, or until a signal says that it is enough. */
async function forAWhile(round: Round, durationMs: number | undefined): Promise<void> {
  const over = Promise.withResolvers<void>();
  const stop = () => over.resolve();
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) Deno.addSignalListener(signal, stop);
  const timer = durationMs === undefined
    ? undefined
    : systemClock.after(durationMs, () => round.finish().then(over.resolve));
  round.resume();
  try {
    // Those under way when the time is over have theirs; after a signal they are given up.
    await over.promise;
  } finally {
    timer?.cancel();
    for (const signal of signals) Deno.removeSignalListener(signal, stop);
  }
}
