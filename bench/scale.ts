/**
 * The checker with many backends: what a probe costs to schedule, how punctual probes are and
 * how late other work runs in a minute of it, and during reloads.
 * `deno task bench scale [BACKENDS [SECONDS]]`, 10,000 for 60 seconds unless told otherwise.
 *
 * Scheduling and a minute with a prober that answers after 1 ms are measured always; the same
 * minute with real HTTP probes of nginx on loopback only where nginx is installed.
 *
 * @module
 */

import process from "node:process";
import { Checker } from "../lib/checker/mod.ts";
import type { Config } from "../lib/config/mod.ts";
import { EventStream } from "../lib/events/mod.ts";
import { silentLogger } from "../lib/log/mod.ts";
import { Engine } from "../lib/net/mod.ts";
import { createProber } from "../lib/probes/mod.ts";
import type { ProbeResult, StartProbe } from "../lib/probes/mod.ts";
import { onThisThread } from "../lib/probing/mod.ts";
import { FakeClock, systemClock } from "../lib/time/mod.ts";
import { httpCheck, sketch } from "../tests/checker/support/bench.ts";

const backendsPerFrontend = 100;
const pass: ProbeResult = { ok: true, code: "L7OK", detail: "status 200", durationMs: 1 };

function fatal(error: Error): never {
  throw error;
}

/** So many backends on one loopback server, probed every second. */
function manyBackends(
  count: number,
  port: number,
  change: { path?: string; at?: string } = {},
): Config {
  const { path = "/", at = "127.0.0.1" } = change;
  const check = httpCheck("web", {
    ...{ port, path },
    ...{ intervalMs: 1_000, fastIntervalMs: 1_000, downIntervalMs: 1_000 },
  });
  const names = Array.from({ length: count }, (_, i) => `backend-${i}`);
  const frontends: Record<string, Record<string, number>[]> = {};
  for (let i = 0; i < count; i += backendsPerFrontend) {
    const pool = names.slice(i, i + backendsPerFrontend).map((name) => [name, 100] as const);
    frontends[`frontend-${i}`] = [Object.fromEntries(pool)];
  }
  const backends = Object.fromEntries(names.map((name) => [name, { at }]));
  return sketch({ checks: [check], backends, frontends });
}

/** Microseconds of CPU that the checker alone spends on a probe, its time being virtual. */
function costOfScheduling(count: number): number {
  const clock = new FakeClock();
  const answers: (() => void)[] = [];
  const startProbe: StartProbe = (_target, done) => {
    answers.push(() => done(pass));
    return () => {};
  };
  const config = manyBackends(count, 80);
  using events = new EventStream(clock, silentLogger);
  const checker = new Checker({
    ...{ config, clock, log: silentLogger, events },
    probing: onThisThread({ startProbe, clock, log: silentLogger, random: Math.random, fatal }),
  });
  let probes = 0;
  const turn = (seconds: number) => {
    for (let tick = 0; tick < seconds * 250; tick++) {
      clock.advance(4);
      probes += answers.length;
      for (const answer of answers.splice(0)) answer();
    }
  };
  turn(20);
  probes = 0;
  const before = process.cpuUsage();
  turn(60);
  const { user, system } = process.cpuUsage(before);
  checker.close();
  return (user + system) / probes;
}

/** Measures how late a timer of 1 ms fires, over and over, until told to stop. */
function watchLoop(): () => { p99: number; max: number } {
  const delays: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    delays.push(Math.max(0, now - last - 1));
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    delays.sort((a, b) => a - b);
    return { p99: delays[Math.floor(delays.length * 0.99)] ?? 0, max: delays.at(-1) ?? 0 };
  };
}

const ms = (value: number) => `${value.toFixed(1)} ms`;
const wait = (milliseconds: number) =>
  new Promise<void>((resolve) => void systemClock.after(milliseconds, resolve));

/** Probes in real time for a while, then reloads in several ways. */
async function live(
  title: string,
  count: number,
  seconds: number,
  port: number,
  startProbe: StartProbe,
): Promise<void> {
  let probes = 0;
  let failures = 0;
  const config = manyBackends(count, port);
  const built = performance.now();
  using events = new EventStream(systemClock, silentLogger);
  using checker = new Checker({
    config,
    ...{ clock: systemClock, log: silentLogger, events },
    probing: onThisThread({
      ...{ startProbe, clock: systemClock, log: silentLogger, random: Math.random, fatal },
    }),
  });
  checker.watchProbes((_backend, { ok }) => {
    probes++;
    if (!ok) failures++;
  });
  console.log(`\n${title}: ${count} backends at 1 s for ${seconds} s`);
  console.log(`  start                    ${ms(performance.now() - built)}, in one go`);
  await wait(3_000);
  probes = 0;
  const [stop, before, started] = [watchLoop(), process.cpuUsage(), performance.now()];
  const { delayed, late } = checker.stats();
  await wait(seconds * 1_000);
  const took = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  const { p99, max } = stop();
  const stats = checker.stats();
  console.log(
    `  probes                   ${(probes / took * 1000).toFixed(0)}/s, ${failures} failed`,
  );
  console.log(
    `  late by more than 10 ms  ${stats.delayed - delayed}, 50 ms ${
      stats.late - late
    }, worst ever ${ms(stats.maxLatenessMs)}`,
  );
  console.log(`  loop delay               p99 ${ms(p99)}, max ${ms(max)}`);
  console.log(
    `  CPU                      ${((user + system) / took / 10).toFixed(0)} % of a core, ` +
      `${((user + system) / probes).toFixed(1)} µs per probe`,
  );
  const { rss, heapUsed } = Deno.memoryUsage();
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(`  RSS                      ${mib(rss)}, of it heap in use ${mib(heapUsed)}`);
  console.log(`  snapshots of everything  ${ms(costOfSnapshots(checker))}`);
  await reloads(checker, count, port);
}

function costOfSnapshots(checker: Checker): number {
  const started = performance.now();
  for (const name of checker.backendNames()) checker.backend(name);
  for (const name of checker.frontendNames()) checker.frontend(name);
  return performance.now() - started;
}

/** Several ways to reload, each three times; the best counts, the others met other load. */
async function reloads(checker: Checker, count: number, port: number): Promise<void> {
  const [full, half] = [count, count / 2];
  const rounds = [0, 1, 2].map((round) => {
    const before = { path: `/${round}`, at: "127.0.0.1" };
    const after = { path: `/${round}`, at: "127.0.0.2" };
    return [
      ["every check changed", manyBackends(full, port, before)],
      ["nothing changed", manyBackends(full, port, before)],
      ["every address changed", manyBackends(full, port, after)],
      ["half removed", manyBackends(half, port, after)],
      ["half added", manyBackends(full, port, after)],
    ] as const;
  });
  const best = new Map<string, { took: number; max: number }>();
  for (const [kind, config] of rounds.flat()) {
    await wait(1_200);
    const stop = watchLoop();
    const started = performance.now();
    await checker.reload(config);
    const took = performance.now() - started;
    await wait(20);
    const { max } = stop();
    const known = best.get(kind) ?? { took, max };
    best.set(kind, { took: Math.min(took, known.took), max: Math.min(max, known.max) });
  }
  for (const [kind, { took, max }] of best) {
    console.log(`  reload, ${kind.padEnd(22)} ${ms(took)}, loop delay max ${ms(max)}`);
  }
}

/** A prober without a network: answers a batch of probes with one timer, a millisecond later. */
function instantProber(): StartProbe {
  let waiting: (() => void)[] = [];
  const answer = () => {
    const batch = waiting;
    waiting = [];
    for (const done of batch) done();
  };
  return (_target, done) => {
    let cancelled = false;
    waiting.push(() => cancelled || done(pass));
    if (waiting.length === 1) setTimeout(answer, 1);
    return () => cancelled = true;
  };
}

const nginxConfig = (port: number, folder: string) => `
daemon off; pid ${folder}/pid; error_log /dev/null; worker_processes 1;
events { worker_connections 16384; }
http { access_log off; server { listen 127.0.0.1:${port} backlog=16384;
  listen 127.0.0.2:${port} backlog=16384; location / { return 200 "ok"; } } }
`;

/** Runs `use` with an nginx on some port of 127.0.0.1 and 127.0.0.2. */
async function withNginx(use: (port: number) => Promise<void>): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const folder = await Deno.makeTempDir();
  const file = `${folder}/nginx.conf`;
  await Deno.writeTextFile(file, nginxConfig(port, folder));
  const nginx = new Deno.Command("nginx", { args: ["-c", file], stderr: "null" }).spawn();
  try {
    await wait(500);
    await use(port);
  } finally {
    nginx.kill("SIGTERM");
    await nginx.status;
    await Deno.remove(folder, { recursive: true });
  }
}

async function hasNginx(): Promise<boolean> {
  try {
    return (await new Deno.Command("nginx", { args: ["-v"], stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

const count = Number(Deno.args[0] ?? 10_000);
const seconds = Number(Deno.args[1] ?? 60);
console.log(`scheduling alone: ${costOfScheduling(count).toFixed(2)} µs of CPU per probe`);
await live("a prober that answers at once", count, seconds, 80, instantProber());
if (await hasNginx()) {
  await withNginx(async (port) => {
    await using engine = new Engine();
    const prober = createProber(engine, { log: silentLogger, version: "bench" });
    await live("HTTP probes of nginx", count, seconds, port, prober.start);
    prober.close();
  });
} else {
  console.log("\nHTTP probes of nginx: left out, nginx is not installed");
}
