import type { StartProbe } from "../probes/mod.ts";
import type { InMemoryVpp } from "../sim/mod.ts";
import type { FakeClock } from "../time/mod.ts";
import { type Action, randomActions, withUpsets } from "./actions.ts";
import { failOpens, randomFlap, randomSite, slowStarts } from "./edits.ts";
import { Random } from "./random.ts";
import type { Site } from "./site.ts";
import { runHistory } from "./run.ts";

/** What came of a history. */
export interface Outcome {
  /** What should not have happened; empty when all was right. */
  readonly wrong: readonly string[];
  /** What happened, line by line; empty unless asked for. */
  readonly lines: readonly string[];
}

/** How a history is run. */
export interface RunOptions {
  /** Whether the lines are kept. */
  readonly keepsLog?: boolean;
  /** Brings something about that the history knows nothing of: it has to be found. */
  readonly meddle?: (vpp: InMemoryVpp, clock: FakeClock) => void;
  /** Takes the place of the way to the servers. */
  readonly probing?: (start: StartProbe) => StartProbe;
}

/** Everything that decides about a run: data, so that it can be printed, kept and shortened. */
export interface History {
  /** What all other choices are drawn from: latencies, jitter, cuts of streams. */
  readonly seed: number;
  /** The configuration at the start. */
  readonly site: Site;
  /** The longest time that a message to or from VPP takes, in milliseconds. */
  readonly longestDelayMs: number;
  readonly actions: readonly Action[];
  /** Whether maglevd keeps its state over restarts. */
  readonly persists: boolean;
  /**
   * The longest time in ms that anything takes from the thread that decides to the one that probes,
   * and back; 0 where both are one.
   */
  readonly lagMs: number;
}

/** A drift pass has to come within a history in which only it can repair what was done. */
const shortSyncMs = 20_000;

/** The history that belongs to a seed. */
export function historyOf(seed: number): History {
  const random = new Random(seed);
  const site = randomSite(random);
  const longestDelayMs = random.pick([0.5, 2, 20, 100]);
  const actions = randomActions(random, site);
  const syncIntervalMs = actions.some(needsDrift) ? shortSyncMs : site.syncIntervalMs;
  const persists = random.chance(0.5);
  const lagMs = random.pick([0, 0, 2, 30]);
  const safe = withMeasures({ ...site, syncIntervalMs }, new Random(seed ^ 0x5afe));
  const upset = withUpsets(actions, new Random(seed ^ 0xca1e), safe);
  return { seed, site: safe, longestDelayMs, actions: upset, persists, lagMs };
}

/** What keeps traffic safe is chosen apart, so that all else is the same with it and without. */
function withMeasures(site: Site, random: Random): Site {
  const maxRemovalsPercent = random.pick([100, 100, 50, 20]);
  const frontends = Object.entries(site.frontends).map(([name, frontend]) =>
    [name, {
      ...frontend,
      failOpen: random.pick(failOpens),
      slowStartMs: random.pick(slowStarts),
    }] as const
  );
  const checks = Object.entries(site.checks).map(([name, check]) =>
    [name, { ...check, flap: randomFlap(random) }] as const
  );
  const safe = { maxRemovalsPercent, checks: Object.fromEntries(checks) };
  return { ...site, ...safe, frontends: Object.fromEntries(frontends) };
}

/** Whether VPP may come to differ in a way that only a drift pass finds. */
function needsDrift(action: Action): boolean {
  return action.do === "tamper" || (action.do === "fault" && action.fault === "refuse");
}

/** Runs spent at most on shortening. */
const mostRuns = 400;

/**
 * A shorter history that goes wrong as well: actions are left out, first many at a time, then one
 * by one, as long as something is still wrong (delta debugging, Zeller and Hildebrandt 2002).
 */
export async function shortened(history: History, options: RunOptions = {}): Promise<History> {
  let actions: readonly Action[] = history.actions;
  let runs = 0;
  for (let size = Math.ceil(actions.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < actions.length && runs < mostRuns;) {
      const fewer = [...actions.slice(0, start), ...actions.slice(start + size)];
      runs++;
      const { wrong } = await runHistory({ ...history, actions: fewer }, options);
      if (wrong.length > 0) actions = fewer;
      else start += size;
    }
  }
  return { ...history, actions };
}
