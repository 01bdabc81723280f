/**
 * One attack, measured: `measure.ts NAME SEED SECONDS ATTACKERS-NAMESPACE PRIORITY
 * PATIENCE`, in the namespace of the machine and with a niceness of -19. Prints the outcome as JSON.
 *
 * @module
 */

import type { Peer } from "../../bench/rpc/processes.ts";
import type { Outcome } from "./outcome.ts";
import { limits } from "./outcome.ts";
import { fullSize } from "./site/config.ts";
import { falseFailures, scrapeMetrics } from "./site/metrics.ts";
import { Operator } from "./site/operator.ts";
import { certificateOf } from "./site/certificates.ts";
import { lift } from "./site/priority.ts";
import type { PoliteSeen } from "./site/polite.ts";
import { beginPeak, peakRss } from "./site/process_seen.ts";
import type { PulseSeen } from "./site/servers.ts";
import { programBehind, type Site, startSite } from "./site/site.ts";
import { attacks } from "./table.ts";
import type { Attack } from "./types.ts";

/** Milliseconds until everything has been loaded and compiled, before anything is measured. */
const warmUpMs = 3_000;
const beforeMs = 6_000;

/** How much of the time after the attack each look at it covers. */
const afterMs = 3_000;

/** Calls within this many milliseconds of before count as being as fast. */
const slackMs = 5;

/** By how much this process is above maglevd and attackers of priority 0. */
const measuringNice = 19;

/** Open files that maglevd may have. */
const maglevdFiles = 8_192;

/** Open files of the attackers, more than maglevd has. */
const attackerFiles = 20_000;

/** Milliseconds that attackers get to stop. */
const stopMs = 15_000;

interface Phase {
  readonly pulse: PulseSeen;
  readonly polite: PoliteSeen;
  readonly operator: ReturnType<Operator["take"]>;
  readonly rss: number;
  readonly descriptors: number;
}

class Measurement {
  constructor(
    private readonly site: Site,
    private readonly polite: Peer,
    private readonly operator: Operator,
  ) {}

  /** Measures until `end` resolves. */
  async phase(end: Promise<unknown>): Promise<Phase> {
    const { pid } = this.site.daemon;
    await this.#look();
    if (this.site.daemon.ended === undefined) beginPeak(pid);
    let descriptors = 0;
    const timer = setInterval(() => {
      descriptors = Math.max(descriptors, this.site.daemon.process().descriptors);
    }, 250);
    await end;
    clearInterval(timer);
    return { ...await this.#look(), rss: peakRss(pid), descriptors };
  }

  async #look(): Promise<Omit<Phase, "rss" | "descriptors">> {
    const { servers } = this.site;
    await Promise.all([servers.tell("look"), this.polite.tell("look")]);
    const [pulse, polite] = await Promise.all([servers.line(), this.polite.line()]);
    return { pulse: JSON.parse(pulse), polite: JSON.parse(polite), operator: this.operator.take() };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

type Options = readonly [seed: string, seconds: number, nice: string];

/** Lets the attackers loose; resolves to what they did. */
async function assault(
  attack: Attack,
  site: Site,
  namespace: string,
  [seed, seconds, nice]: Options,
): Promise<Record<string, number>> {
  const isLocal = attack.from === "machine";
  const where = isLocal ? [] : [`nsenter`, `--net=${namespace}`];
  const core = String(Math.max(0, navigator.hardwareConcurrency - 1));
  await using attacker = programBehind(
    [
      ...where,
      ...["nice", "-n", nice],
      "prlimit",
      `--nofile=${attackerFiles}:${attackerFiles}`,
      "taskset",
      "-c",
      core,
    ],
    "attacker.ts",
    ...[attack.name, seed, String(seconds)],
    JSON.stringify(isLocal ? { ...site.target, host: "127.0.0.1" } : site.target),
  );
  const told = attacker.line().then((line) => JSON.parse(line));
  const late = pause(seconds * 1_000 + stopMs).then(() => ({ "attackers that did not stop": 1 }));
  return await Promise.race([told, late]);
}

/** Waits until all is as it was before; returns how long that took, and what was not. */
async function recovery(
  measurement: Measurement,
  site: Site,
  before: Phase,
  connections: number,
): Promise<{ readonly recovered: number | undefined; readonly left: readonly string[] }> {
  const start = performance.now();
  for (;;) {
    if (site.daemon.ended !== undefined) return { recovered: undefined, left: ["it has ended"] };
    const { polite: { calls } } = await measurement.phase(pause(afterMs));
    const { rss, descriptors } = site.daemon.process();
    const open = (await scrapeMetrics(site.daemon.metrics))?.connections;
    const left: string[] = [];
    const { recovery } = limits;
    if (rss > recovery * before.rss) left.push(`${Math.round(rss / 1e6)} MB resident`);
    if (descriptors > recovery * before.descriptors) left.push(`${descriptors} descriptors`);
    const p99 = Math.max(recovery * before.polite.calls.p99, before.polite.calls.p99 + slackMs);
    if (calls.failed > 0 || calls.p99 > p99) left.push(`p99 ${calls.p99.toFixed(1)} ms`);
    // The operator and the polite client have theirs, which come and go.
    if (open === undefined || open > connections + 3) left.push(`${open ?? "?"} connections`);
    const seconds = Math.round((performance.now() - start) / 1_000);
    if (left.length === 0) return { recovered: seconds, left };
    if (seconds >= Number(patience)) return { recovered: undefined, left };
  }
}

async function measure(
  attack: Attack,
  namespace: string,
  options: Options,
): Promise<Outcome> {
  await using parts = new AsyncDisposableStack();
  const load = Deno.loadavg()[0] ?? 0;
  const site = await startSite(
    parts,
    { ...fullSize, idle: attack.idleBackends ?? 0, tls: attack.tls ?? false },
    ["nice", "-n", options[2], "prlimit", `--nofile=${maglevdFiles}:${maglevdFiles}`],
    attack.open ? ["--open"] : [],
  );
  const { daemon, target } = site;
  const operator = parts.use(
    new Operator(site.vpp, {
      ...{ host: "127.0.0.1", port: target.api },
      certificate: attack.tls && certificateOf("operator"),
    }),
  );
  const polite = parts.use(
    programBehind(
      ["nsenter", `--net=${namespace}`],
      "site/polite.ts",
      ...[target.host, String(target.api), String(target.metrics)],
      ...attack.tls ? ["tls"] : [],
    ),
  );
  await polite.line();
  const measurement = new Measurement(site, polite, operator);
  await pause(warmUpMs);
  const before = await measurement.phase(pause(beforeMs));
  const metricsBefore = await scrapeMetrics(daemon.metrics);
  if (metricsBefore === undefined) throw new Error("maglevd does not answer a scrape");
  const { logged: logBefore, errors: errorsBefore } = daemon;
  operator.offences.length = 0;
  const downsBefore = daemon.downs.length;

  const assaulted = assault(attack, site, namespace, options);
  const during = await measurement.phase(assaulted);
  const counts = await assaulted;
  const logged = daemon.logged - logBefore;
  const errors = daemon.errors - errorsBefore;
  const after = await recovery(measurement, site, before, metricsBefore.connections);
  const died = daemon.ended;
  const metricsAfter = await scrapeMetrics(daemon.metrics);
  const takenOut = [...daemon.downs.slice(downsBefore).map(() => "down"), ...operator.offences];
  const share = (seen: { readonly tries: number; readonly failed: number }) =>
    seen.tries === 0 ? 0 : seen.failed / seen.tries;
  if (died !== undefined) console.error(daemon.tail.slice(-5).join("\n"));
  return {
    attack: attack.name,
    load,
    seconds: options[1],
    gap: { before: before.pulse.worstGapMs, during: during.pulse.worstGapMs },
    failedProbes: metricsAfter && falseFailures(metricsBefore, metricsAfter),
    takenOut: { times: takenOut.length, first: takenOut[0] ?? "" },
    operator: {
      before: { worst: before.operator.worstMs, failed: before.operator.failed },
      during: { worst: during.operator.worstMs, failed: during.operator.failed },
    },
    p50: { before: before.polite.calls.p50, during: during.polite.calls.p50 },
    p99: { before: before.polite.calls.p99, during: during.polite.calls.p99 },
    refused: {
      calls: share(during.polite.calls),
      entries: share(during.polite.entries),
      scrapes: share(during.polite.scrapes),
    },
    rss: { before: before.rss, during: during.rss },
    descriptors: { before: before.descriptors, during: during.descriptors },
    ...{ logged, errors },
    ...after,
    patience: Number(patience),
    died,
    counts,
  };
}

const [name, seed = "1", seconds = "60", namespace = "", priority = "0", patience = "60"] =
  Deno.args;
const attack = attacks.find((each) => each.name === name);
if (attack === undefined) throw new Error(`there is no attack ${name}`);
lift(Number(priority));
const nice = String(measuringNice - Number(priority));
console.log(JSON.stringify(await measure(attack, namespace, [seed, Number(seconds), nice])));
Deno.exit(0);
