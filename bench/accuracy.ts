/**
 * How right the durations are that probes are reported to have taken: a server answers after 0, 1,
 * 3, 10 and 50 ms and notes how long each request really was with it. At 2,000 and 10,000 http
 * probes a second, made by the probe threads of a checker, each probe's duration is held against
 * what the server noted. `deno task bench accuracy [SECONDS] [RATE…]`; takes both cores.
 *
 * @module
 */

import { Checker } from "../lib/checker/mod.ts";
import { EventStream } from "../lib/events/mod.ts";
import { createLogger } from "../lib/log/mod.ts";
import { descriptorLimit } from "../lib/net/mod.ts";
import { ProbeThreads } from "../lib/probing/mod.ts";
import { systemClock as clock } from "../lib/time/mod.ts";
import { sketch } from "../tests/checker/support/bench.ts";
import { httpCheck } from "../tests/probes/support/checks.ts";
import { delayOf, delaysMs } from "./accuracy/delays.ts";
import { backendAddress } from "./probes/load.ts";
import { Peer } from "./rpc/processes.ts";
import { percentile } from "./vpp/measure.ts";

const port = 18_322;
/** Probes of a backend that are left out: code is compiled, and caches are filled meanwhile. */
const warmUp = 5;
const [seconds = 20, ...wanted] = Deno.args.map(Number);
const rates = wanted.length > 0 ? wanted : [2_000, 10_000];

/** What was reported of each backend, by its number, in milliseconds, in order. */
type Durations = Map<number, number[]>;

async function probe(backends: number): Promise<{ durations: Durations; failures: number }> {
  const timing = { intervalMs: 1000, fastIntervalMs: 1000, downIntervalMs: 1000, timeoutMs: 900 };
  const names = Array.from({ length: backends }, (_, i) => `b${i}`);
  const config = sketch({
    checks: [httpCheck({ ...timing, port })],
    backends: Object.fromEntries(names.map((name, i) => [name, { at: backendAddress(i) }])),
    frontends: { all: [Object.fromEntries(names.map((name) => [name, 100]))] },
  });
  const log = createLogger({
    ...{ level: "error", clock },
    sink: { write: (bytes: Uint8Array) => Promise.resolve(bytes.length) },
  });
  const fatal = (error: Error) => {
    throw error;
  };
  await using threads = new ProbeThreads({
    ...{ clock, log, version: "bench", fatal },
    descriptorLimit: descriptorLimit(),
  });
  const events = new EventStream(clock, log);
  using checker = new Checker({ config, probing: threads.start, clock, log, events });
  const durations: Durations = new Map();
  let failures = 0;
  checker.watchProbes((backend, { ok, durationMs }) => {
    if (!ok) failures++;
    const index = Number(backend.slice(1));
    const all = durations.get(index) ?? [];
    durations.set(index, all);
    all.push(durationMs);
  });
  await new Promise((resolve) => setTimeout(resolve, 1000 * (seconds + warmUp)));
  return { durations, failures };
}

/** How far off each reported duration is, by the delay. */
function errorsOf(durations: Durations, truth: Durations): Map<number, number[]> {
  const errors = new Map<number, number[]>(delaysMs.map((delay) => [delay, []]));
  for (const [index, reported] of durations) {
    const really = truth.get(index) ?? [];
    for (let i = warmUp; i < Math.min(reported.length, really.length); i++) {
      errors.get(delayOf(index))?.push((reported[i] ?? 0) - (really[i] ?? 0));
    }
  }
  return errors;
}

function tell(rate: number, delay: number | string, errors: number[]): void {
  const off = errors.map(Math.abs);
  const at = (share: number) => percentile(off, share).toFixed(3);
  console.log(
    `${rate}/s, answered after ${delay} ms: ${off.length} probes, off by ` +
      `${at(0.5)} ms (median), ${at(0.99)} ms (p99), ${at(1)} ms (most)`,
  );
}

/**
 * By how much durations exceed the delays: what those who are probed at the same time cost each other,
 * which is no mistake of who measures, but of interest to who looks at the figures.
 */
function tellExcess(rate: number, durations: Durations): void {
  const excess = [...durations].flatMap(([index, all]) =>
    all.slice(warmUp).map((ms) => ms - delayOf(index))
  );
  const at = (share: number) => percentile(excess, share).toFixed(2);
  console.log(
    `${rate}/s: longer than the delay by ${at(0.5)} ms (median), ${at(0.9)} ms (p90), ` +
      `${at(0.99)} ms (p99)`,
  );
}

const server = new URL("accuracy/server.ts", import.meta.url).pathname;
for (const rate of rates) {
  const file = await Deno.makeTempFile({ prefix: "maglev-accuracy-" });
  const life = seconds + warmUp + 2;
  const args = ["run", "-A", "--no-check", server, String(port), String(life), file];
  await using peer = new Peer(Deno.execPath(), args);
  await peer.line();
  const { durations, failures } = await probe(rate);
  // It writes the file when its time is over.
  while ((await Deno.stat(file)).size === 0) await new Promise((done) => setTimeout(done, 100));
  await new Promise((done) => setTimeout(done, 500));
  const truth: Durations = new Map(JSON.parse(await Deno.readTextFile(file)));
  await Deno.remove(file);
  const errors = errorsOf(durations, truth);
  for (const [delay, each] of errors) tell(rate, delay, each);
  tell(rate, "any of", [...errors.values()].flat());
  tellExcess(rate, durations);
  console.log(`${rate}/s: ${failures} probes failed`);
}
