import { parseProbes, probesBetween, type ProbesSeen } from "../backends/seen.ts";
import { parseMetrics } from "../site/metrics.ts";
import type { PulseSeen } from "../site/servers.ts";
import type { Site } from "../site/site.ts";

/** What befell servers that are well while maglevd lacked something. */
export interface Befallen {
  /** How many there are. */
  readonly servers: number;
  /** Probes of them that ended. */
  readonly probes: number;
  /** The fewest of one of them. */
  readonly fewest: number;
  /** Those that failed, */
  readonly failed: number;
  /** and that could not be made, which is held against nobody. */
  readonly lacks: number;
  /** Probes that started late, and all that ended, of whomever. */
  readonly late: number;
  readonly ended: number;
  /** How often one was taken for dead, or had no weight in VPP in the end. */
  readonly takenOut: number;
  /** Milliseconds between two probes of the one that is probed every 100 ms, at worst. */
  readonly gapMs: number;
  readonly descriptors: number;
}

/** What is seen at one moment. */
interface Look {
  readonly probes: ProbesSeen;
  readonly late: number;
  readonly downs: number;
}

/** Watches the servers of a site that are well. */
export class Watch {
  readonly #site: Site;
  readonly #before: Look;

  private constructor(site: Site, before: Look) {
    this.#site = site;
    this.#before = before;
  }

  /** Watches from now on. */
  static async begin(site: Site): Promise<Watch> {
    await pulseOf(site);
    return new Watch(site, await look(site));
  }

  /** What has befallen them so far; gaps are told once. */
  async seen(): Promise<Befallen> {
    const site = this.#site;
    const { worstGapMs } = await pulseOf(site);
    const now = await look(site);
    const probes = probesBetween(this.#before.probes, now.probes);
    const well = [...probes].filter(([name]) => /^b\d+$/.test(name)).map(([, codes]) => codes);
    const weightless = site.vpp.state().flatMap((vip) => vip.servers)
      .filter(({ used, weight }) => used && weight === 0).length;
    return {
      servers: well.length,
      probes: sum(well, () => true),
      fewest: Math.min(...well.map((codes) => sum([codes], () => true))),
      failed: sum(well, (code) => !code.endsWith("OK") && code !== "SOCKERR"),
      lacks: sum(well, (code) => code === "SOCKERR"),
      late: now.late - this.#before.late,
      ended: sum(probes.values(), () => true),
      takenOut: now.downs - this.#before.downs + weightless,
      gapMs: worstGapMs,
      descriptors: site.daemon.process().descriptors,
    };
  }
}

/** The gaps since it was asked for last. */
async function pulseOf({ servers }: Site): Promise<PulseSeen> {
  await servers.tell("look");
  return JSON.parse(await servers.line());
}

async function look({ daemon }: Site): Promise<Look> {
  const response = await fetch(`http://127.0.0.1:${daemon.metrics}/metrics`, {
    headers: { connection: "close" },
  });
  const page = await response.text();
  const downs = daemon.downs.filter((line) => /"backend":"b\d+"/.test(line)).length;
  return { probes: parseProbes(page), late: parseMetrics(page).probes.late, downs };
}

function sum(
  all: Iterable<ReadonlyMap<string, number>>,
  counts: (code: string) => boolean,
): number {
  let total = 0;
  for (const codes of all) {
    for (const [code, n] of codes) if (counts(code)) total += n;
  }
  return total;
}
