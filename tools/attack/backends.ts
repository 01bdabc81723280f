/**
 * A zoo of hostile servers beside 50 healthy ones, all probed by one maglevd:
 * `deno run -A tools/attack/backends.ts [SEED] [SECONDS] [PRIORITY]`. Exit codes: 0 the healthy ones were
 * probed on time and rightly, 1 they were not, 2 it could not be tried.
 *
 * @module
 */

import { reasonOf } from "../../lib/log/mod.ts";
import { Authority } from "../../tests/probes/support/certificates.ts";
import type { Peer } from "../../bench/rpc/processes.ts";
import type { HealthyPorts, HealthySeen } from "./backends/healthy.ts";
import type { Hostile } from "./backends/hostile.ts";
import { parseProbes, probesBetween, type ProbesSeen } from "./backends/seen.ts";
import { configOf, hostileAddress, intervalMs } from "./backends/site.ts";
import { Daemon } from "./site/daemon.ts";
import { lift } from "./site/priority.ts";
import { programBehind } from "./site/site.ts";

const limits = { gapMs: 2 * intervalMs + 50, rss: 400_000_000 };
/** Until everything has been loaded and compiled; and as long as there is nothing hostile yet. */
const warmUpMs = 5_000;
const beforeMs = 8_000;
/** Until what was begun with the hostile ones is over. */
const afterMs = 5_000;
const lookMs = 200;

/** What was seen in one part of the time. */
interface Phase {
  readonly healthy: HealthySeen;
  readonly probes: ProbesSeen;
  readonly rss: number;
  /** The fewest at a time: those that are left when no probe is on its way. */
  readonly descriptors: number;
  /** Share of a CPU. */
  readonly cpu: number;
  /** The longest time in which maglevd could have run and others on this machine had the CPU. */
  readonly starvedMs: number;
}

/**
 * Words before a command, for a priority (nice(1)) where this is root: others on this machine are
 * not what is measured.
 */
function niced(nice: number): readonly string[] {
  return Deno.uid() === 0 ? ["nice", "-n", String(nice)] : [];
}

/** Everything that runs. */
class Site implements AsyncDisposable {
  private constructor(
    private readonly parts: AsyncDisposableStack,
    private readonly config: string,
    private readonly healthy: Peer,
    private readonly daemon: Daemon,
    /** What is in the zoo. */
    readonly hostiles: readonly Hostile[],
    private readonly ports: HealthyPorts,
  ) {}

  /** Starts the healthy servers, the zoo in the order of `seed`, and maglevd, which trusts both. */
  static async start(directory: string, seed: number): Promise<Site> {
    await using parts = new AsyncDisposableStack();
    await using authority = await Authority.create();
    const { cert, key } = await authority.issue("DNS:a.example");
    const files = { cert: `${directory}/cert.pem`, key: `${directory}/key.pem` };
    const ca = `${directory}/ca.pem`;
    const config = `${directory}/maglev.yaml`;
    await Deno.writeTextFile(files.cert, cert);
    await Deno.writeTextFile(files.key, key);
    await Deno.writeTextFile(ca, authority.cert);
    const pair = [files.cert, files.key];
    const healthy = parts.use(programBehind(niced(-19), "backends/healthy.ts", ...pair));
    const zoo = parts.use(
      programBehind(niced(-10), "backends/hostile.ts", hostileAddress, ...pair),
    );
    const hostiles = shuffled<Hostile>(JSON.parse(await zoo.line()), seed);
    const ports: HealthyPorts = JSON.parse(await healthy.line());
    await Deno.writeTextFile(config, configOf(ports, hostiles, false));
    const addresses = ["--grpc-addr", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"];
    const daemon = parts.use(
      await Daemon.start({
        args: ["--config", config, "--vpp-api-addr", "", ...addresses],
        before: niced(-15),
        env: { SSL_CERT_FILE: ca, DENO_TLS_CA_STORE: "system" },
      }),
    );
    return new Site(parts.move(), config, healthy, daemon, hostiles, ports);
  }

  /** Has maglevd probe the healthy ones, and the zoo as well or not. */
  async probe(zoo: boolean): Promise<void> {
    await Deno.writeTextFile(this.config, configOf(this.ports, this.hostiles, zoo));
    const reloaded = this.daemon.said("config-reload-done");
    this.daemon.kill("SIGHUP");
    await reloaded;
  }

  /** What was seen until `ms` from now. */
  async phase(ms: number): Promise<Phase> {
    await this.#look();
    const before = await this.#probes();
    const begun = this.daemon.process();
    const end = performance.now() + ms;
    let { rss, descriptors, starvedMs } = begun;
    let worstStarvedMs = 0;
    while (performance.now() < end) {
      await pause(Math.min(lookMs, Math.max(1, end - performance.now())));
      const now = this.daemon.process();
      rss = Math.max(rss, now.rss);
      descriptors = Math.min(descriptors, now.descriptors);
      worstStarvedMs = Math.max(worstStarvedMs, now.starvedMs - starvedMs);
      starvedMs = now.starvedMs;
    }
    const cpu = (this.daemon.process().cpuMs - begun.cpuMs) / ms;
    const healthy = await this.#look();
    const probes = probesBetween(before, await this.#probes());
    return { healthy, probes, rss, descriptors, cpu, starvedMs: worstStarvedMs };
  }

  async #look(): Promise<HealthySeen> {
    await this.healthy.tell("look");
    return JSON.parse(await this.healthy.line());
  }

  async #probes(): Promise<ProbesSeen> {
    const response = await fetch(`http://127.0.0.1:${this.daemon.metrics}/metrics`, {
      headers: { connection: "close" },
    });
    return parseProbes(await response.text());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.parts.disposeAsync();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Failed probes of healthy servers, but for lacks of maglevd's own, which are never held against them. */
function falseFailures(probes: ProbesSeen): { failed: number; lacks: number } {
  let [failed, lacks] = [0, 0];
  for (const [backend, codes] of probes) {
    if (!backend.startsWith("healthy")) continue;
    for (const [code, count] of codes) {
      if (code === "SOCKERR") lacks += count;
      else if (!code.endsWith("OK")) failed += count;
    }
  }
  return { failed, lacks };
}

const title = "phase    probes  worst gap  (own lag)  starved  failed  lacks   RSS MB   fds   CPU";

function row(name: string, phase: Phase): string {
  const { healthy, probes, rss, descriptors, cpu, starvedMs } = phase;
  const { failed, lacks } = falseFailures(probes);
  return [
    name.padEnd(7),
    `${healthy.probes}`.padStart(7),
    `${healthy.worstGapMs.toFixed(0)} ms`.padStart(10),
    `${healthy.ownLagMs.toFixed(0)} ms`.padStart(10),
    `${starvedMs.toFixed(0)} ms`.padStart(9),
    `${failed}`.padStart(7),
    `${lacks}`.padStart(6),
    (rss / 1e6).toFixed(0).padStart(8),
    `${descriptors}`.padStart(5),
    `${(100 * cpu).toFixed(0)} %`.padStart(6),
  ].join(" ");
}

/** What probes made of each animal, and what of it was wrong. */
function judgeZoo(hostiles: readonly Hostile[], { probes }: Phase): string[] {
  const faults: string[] = [];
  for (const [i, { name, code }] of hostiles.entries()) {
    const codes = [...probes.get(`hostile${i}`) ?? []];
    const seen = codes.map(([each, count]) => `${each} ${count}`).join(", ");
    const isRight = codes.length > 0 && codes.every(([each]) => each === code);
    console.log(`${isRight ? " " : "*"} ${name.padEnd(44)} ${seen || "never probed"}`);
    const passed = codes.some(([each]) => each.endsWith("OK"));
    if (passed && !code.endsWith("OK")) faults.push(`${name} passed`);
    if (codes.length === 0) faults.push(`${name} was never probed`);
  }
  return faults;
}

/** What is wrong with what was seen, a sentence each. */
function judge(during: Phase, after: Phase, before: Phase): string[] {
  const faults: string[] = [];
  const { worstGapMs, worst, ownLagMs } = during.healthy;
  if (worstGapMs > limits.gapMs + ownLagMs) {
    const starved = `in ${lookMs} ms others had the CPU for up to ${
      during.starvedMs.toFixed(0)
    } ms`;
    faults.push(
      `${worst} was not probed for ${
        worstGapMs.toFixed(0)
      } ms, over ${limits.gapMs} ms; ${starved}`,
    );
  }
  const { failed } = falseFailures(during.probes);
  if (failed > 0) faults.push(`${failed} probes of healthy servers failed`);
  if (during.rss > limits.rss) faults.push(`RSS reached ${(during.rss / 1e6).toFixed(0)} MB`);
  if (after.descriptors > before.descriptors + 5) {
    faults.push(`${after.descriptors} descriptors are left, of ${before.descriptors} before`);
  }
  return faults;
}

/** Animals in an order that the seed chooses, so that others share a moment each time. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  let state = seed >>> 0;
  return items.map((item) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return { item, rank: state };
  }).sort((a, b) => a.rank - b.rank).map(({ item }) => item);
}

/** Attacks for so many seconds and prints a table. Resolves to the exit code: 0, 1, 2. */
async function run(seed: number, seconds: number): Promise<number> {
  const directory = await Deno.makeTempDir({ prefix: "mgl-zoo-" });
  try {
    await using site = await Site.start(directory, seed);
    const { hostiles } = site;
    console.log(
      `50 healthy servers every ${intervalMs} ms, ${hostiles.length} hostile; seed ${seed}`,
    );
    console.log(
      `load average ${Deno.loadavg().map((each) => each.toFixed(1)).join(" ")}\n${title}`,
    );
    // The first reload starts what stays for later ones.
    await site.probe(false);
    await pause(warmUpMs);
    const before = await site.phase(beforeMs);
    console.log(row("before", before));
    await site.probe(true);
    const during = await site.phase(1000 * seconds);
    console.log(row("during", during));
    await site.probe(false);
    await pause(afterMs);
    const after = await site.phase(beforeMs);
    console.log(`${row("after", after)}\n`);
    const faults = [...judgeZoo(hostiles, during), ...judge(during, after, before)];
    console.log(faults.length === 0 ? "\nmaglevd held" : `\n${faults.join("\n")}`);
    return faults.length === 0 ? 0 : 1;
  } catch (error) {
    console.error(reasonOf(error));
    return 2;
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

if (import.meta.main) {
  const [seed = "1", seconds = "60", priority = "0"] = Deno.args;
  if (Number(priority) > 0) lift(Number(priority));
  Deno.exit(await run(Number(seed), Number(seconds)));
}
