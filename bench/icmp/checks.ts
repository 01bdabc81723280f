/** The measured side: checker, prober and engine as in maglevd. Prints a line of figures. */

import process from "node:process";
import { Checker } from "../../lib/checker/mod.ts";
import { EventStream } from "../../lib/events/mod.ts";
import { silentLogger } from "../../lib/log/mod.ts";
import { Engine } from "../../lib/net/mod.ts";
import { createProber } from "../../lib/probes/mod.ts";
import { onThisThread } from "../../lib/probing/mod.ts";
import { systemClock } from "../../lib/time/mod.ts";
import { sketch } from "../../tests/checker/support/bench.ts";
import { icmpCheck } from "../../tests/probes/support/checks.ts";
import { addresses } from "./scenes.ts";

const { dead, seconds, intervalMs, buffers }: {
  dead: number;
  seconds: number;
  intervalMs: number;
  buffers?: number;
} = JSON.parse(Deno.args[0] ?? "");

/** Time until every neighbour is known, or known to be silent. */
const settlingMs = 5000;
const check = icmpCheck({
  ...{ intervalMs, fastIntervalMs: intervalMs, downIntervalMs: intervalMs },
  timeoutMs: intervalMs,
});
const live = addresses.live.map((at, i) => [`live-${i}`, { at, healthcheck: check.name }] as const);
const others = addresses.dead.slice(0, dead)
  .map((at, i) => [`dead-${i}`, { at, healthcheck: check.name }] as const);

let counting = false;
const outcomes = new Map<string, number>();
const deadOutcomes = new Map<string, number>();
const last = new Map<string, number>();
const downs = new Set<string>();
let probes = 0;
let worstGapMs = 0;

await using engine = new Engine(
  systemClock,
  buffers === undefined ? {} : { pingBufferBytes: buffers },
);
using prober = createProber(engine, { log: silentLogger, version: "bench" });
using events = new EventStream(systemClock, silentLogger);
using checker = new Checker({
  events,
  config: sketch({ checks: [check], backends: Object.fromEntries([...live, ...others]) }),
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
  observer: {
    probesDone() {},
    transition(backend, _from, to) {
      if (counting && to === "down" && backend.startsWith("live")) downs.add(backend);
    },
    removed() {},
  },
});
checker.watchProbes((backend, { code, detail }) => {
  if (!counting) return;
  const key = code === "SOCKERR" ? `${code} (${detail})` : code;
  if (!backend.startsWith("live")) {
    deadOutcomes.set(key, (deadOutcomes.get(key) ?? 0) + 1);
    return;
  }
  probes++;
  outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
  const now = performance.now();
  worstGapMs = Math.max(worstGapMs, now - (last.get(backend) ?? now));
  last.set(backend, now);
});

await new Promise((resolve) => setTimeout(resolve, settlingMs));
counting = true;
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const { user, system } = process.cpuUsage(before);
const list = (map: Map<string, number>) =>
  [...map].map(([code, count]) => `${code} ${count}`).sort().join(", ");
const bad = probes - (outcomes.get("L4OK") ?? 0);
console.log(
  `live: ${probes} probes, ${(100 * bad / probes).toFixed(1)} % without answer, ` +
    `${downs.size} down, worst gap ${Math.round(worstGapMs)} ms, ` +
    `CPU ${((user + system) / 10_000 / seconds).toFixed(0)} %: ${list(outcomes)}` +
    (dead > 0 ? `; dead: ${list(deadOutcomes)}` : ""),
);
