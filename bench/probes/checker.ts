/**
 * The measured side of `bench/probes.ts` that is ours: checker, prober and engine as in maglevd,
 * without API, metrics and VPP. Prints one {@link Measured} as JSON.
 */

import process from "node:process";
import { createChecker } from "../../lib/checker/mod.ts";
import type { HealthCheck } from "../../lib/config/mod.ts";
import { EventStream } from "../../lib/events/mod.ts";
import { silentLogger } from "../../lib/log/mod.ts";
import { Engine } from "../../lib/net/mod.ts";
import { createProber } from "../../lib/probes/mod.ts";
import { onThisThread } from "../../lib/probing/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { sketch } from "../../tests/checker/support.ts";
import { httpCheck, icmpCheck, tcpCheck } from "../../tests/probes/checks.ts";
import { backendAddress, type Load, type Measured, slowPort } from "./load.ts";

/** Checks per second while V8 compiles. */
const warmUpRate = 8000;
/** From the change to the measured rate to the measurement. */
const settlingMs = 2000;

const { load, seconds, warmUpChecks }: {
  load: Load;
  seconds: number;
  warmUpChecks: number;
} = JSON.parse(Deno.args[0] ?? "");

function check({ type, intervalMs }: Load): HealthCheck {
  const timing = {
    ...{ intervalMs, fastIntervalMs: intervalMs, downIntervalMs: intervalMs },
    timeoutMs: 2000,
  };
  switch (type) {
    case "http":
      return httpCheck(timing);
    case "slow":
      return httpCheck({ ...timing, port: slowPort, timeoutMs: 15 });
    case "tcp":
      return tcpCheck(timing);
    case "icmp":
      return icmpCheck(timing);
  }
}

/** The same at a higher rate, to spend less time on getting warm. */
function warmUp(load: Load): Load {
  return { ...load, intervalMs: Math.min(load.intervalMs, 1000 * load.backends / warmUpRate) };
}

/** Every backend of `load`, probed. */
function config(load: Load) {
  const names = Array.from({ length: load.backends }, (_, i) => [i, `backend-${i}`] as const);
  return sketch({
    checks: [check(load)],
    backends: Object.fromEntries(names.map(([i, name]) => [name, { at: backendAddress(i) }])),
    frontends: { all: [Object.fromEntries(names.map(([, name]) => [name, 100]))] },
  });
}

const counted = { checks: 0, failures: 0 };
let durations: number[] = [];
let warm = () => {};

await using engine = new Engine();
using prober = createProber(engine, { log: silentLogger, version: "bench" });
using events = new EventStream(systemClock, silentLogger);
using checker = createChecker({
  events,
  config: config(warmUp(load)),
  probing: onThisThread({
    startProbe: prober.start,
    clock: systemClock,
    random: Math.random,
    log: silentLogger,
    fatal(error) {
      throw error;
    },
  }),
  clock: systemClock,
  log: silentLogger,
});
checker.watchProbes((_backend, { ok, durationMs }) => {
  if (++counted.checks === warmUpChecks) warm();
  if (!ok) counted.failures++;
  durations.push(durationMs);
});

await new Promise<void>((resolve) => warm = resolve);
await checker.reload(config(load));
await pause(settlingMs);
Object.assign(counted, { checks: 0, failures: 0 });
durations = [];
const start = performance.now();
const before = process.cpuUsage();
await pause(seconds * 1000);
const { user, system } = process.cpuUsage(before);
const took = (performance.now() - start) / 1000;
const { checks, failures } = counted;
const sorted = Float64Array.from(durations).sort();
const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN;
const measured: Measured = {
  rate: checks / took,
  user: user / checks,
  system: system / checks,
  failures,
  medianMs: quantile(0.5),
  p99Ms: quantile(0.99),
};
console.log(JSON.stringify(measured));

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
