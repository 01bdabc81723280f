/**
 * Scrapes of /metrics by two curls at a time: how long they take, and how late other work runs.
 * `deno task bench metrics [BACKENDS]`, 10,000 backends unless told otherwise.
 *
 * @module
 */

import process from "node:process";
import { Budgets } from "../lib/port/mod.ts";
import { silentLogger } from "../lib/log/mod.ts";
import { serveMetrics } from "../lib/metrics/mod.ts";
import type { Metrics } from "../lib/metrics/mod.ts";
import { Supervisor } from "../lib/supervisor/mod.ts";
import { systemClock } from "../lib/time/mod.ts";
import { sketch } from "../tests/checker/support/bench.ts";
import { counted, MetricsBed } from "../tests/metrics/support.ts";

const backendsPerFrontend = 100;
const rounds = 5;

/** A daemon of that size. */
function bedOf(names: readonly string[]): MetricsBed {
  const frontends: Record<string, Record<string, number>[]> = {};
  for (let i = 0; i < names.length; i += backendsPerFrontend) {
    const members = names.slice(i, i + backendsPerFrontend).map((name) => [name, 100] as const);
    frontends[`frontend-${i}`] = [Object.fromEntries(members)];
  }
  const backends = Object.fromEntries(names.map((name) => [name, {}]));
  return new MetricsBed({ config: sketch({ backends, frontends }), clock: systemClock });
}

/** What it has counted after a while: two codes and one transition per backend. */
function populate(metrics: Metrics, names: readonly string[]): void {
  for (const name of names) {
    metrics.checkerObserver.probesDone(name, "http", counted("L7OK", 3));
    metrics.checkerObserver.probesDone(name, "http", counted("L4TOUT", 2000));
    metrics.checkerObserver.transition(name, "unknown", "up");
  }
}

/** How late a timer due every 2 ms runs, in milliseconds, until the returned function is called. */
function watchLag(): () => number[] {
  const lags: number[] = [];
  let due = performance.now() + 2;
  let timer = setTimeout(tick, 2);
  function tick(): void {
    lags.push(Math.max(0, performance.now() - due));
    due = performance.now() + 2;
    timer = setTimeout(tick, 2);
  }
  return () => {
    clearTimeout(timer);
    return lags.sort((a, b) => a - b);
  };
}

async function scrape(url: string): Promise<{ bytes: number; ms: number }> {
  const { stdout } = await new Deno.Command("curl", {
    args: ["-s", "-o", "/dev/null", "-w", "%{size_download} %{time_total}", url],
  }).output();
  const [bytes = 0, seconds = 0] = new TextDecoder().decode(stdout).split(" ").map(Number);
  return { bytes, ms: seconds * 1000 };
}

const backends = Number(Deno.args[0] ?? 10_000);
const names = Array.from({ length: backends }, (_, i) => `backend-${i}.example.net`);
const { metrics } = bedOf(names);
populate(metrics, names);

let series = 0;
for await (const slice of metrics.scrape()) for (const byte of slice) if (byte === 10) series++;

const server = serveMetrics({
  address: { hostname: "127.0.0.1", port: 0 },
  metrics,
  connections: metrics.connectionObserver("metrics"),
  budgets: new Budgets(silentLogger, systemClock),
  supervisor: new Supervisor({ clock: systemClock, log: silentLogger, fatal: () => {} }),
  clock: systemClock,
  log: silentLogger,
});
const url = `http://127.0.0.1:${server.port}/metrics`;
await scrape(url);
const lag = watchLag();
const cpu = process.cpuUsage();
const results = [];
for (let i = 0; i < rounds; i++) results.push(...await Promise.all([scrape(url), scrape(url)]));
const { user, system } = process.cpuUsage(cpu);
const lags = lag();
metrics.close();
await server.close();

const quantile = (q: number) => (lags[Math.floor(q * (lags.length - 1))] ?? 0).toFixed(2);
const times = results.map(({ ms }) => ms).sort((a, b) => a - b);
console.log(`${backends} backends, ${series} lines, ${results[0]?.bytes} bytes`);
console.log(`two scrapes at a time: median ${times[times.length >> 1]?.toFixed(0)} ms each`);
console.log(`CPU per scrape: ${((user + system) / 1000 / results.length).toFixed(0)} ms`);
console.log(`other work late by: p50 ${quantile(.5)}, p99 ${quantile(.99)}, max ${quantile(1)} ms`);
