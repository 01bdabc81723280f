/** What maglevd says of itself in its metrics. */
export interface MetricsSeen {
  /** Failed probes, by code. */
  readonly failedProbes: Readonly<Record<string, number>>;
  /** Connections open now, both ports together, this scrape's included. */
  readonly connections: number;
  /** Errors that no part of maglevd expected. */
  readonly unhandled: number;
  /** Probes that have ended, and that started late. */
  readonly probes: { readonly ended: number; readonly late: number };
}

/** Scrapes; undefined if maglevd does not answer in 20 s. */
export async function scrapeMetrics(port: number): Promise<MetricsSeen | undefined> {
  try {
    const signal = AbortSignal.timeout(20_000);
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
      signal,
      headers: { connection: "close" },
    });
    const text = await response.text();
    return response.ok ? parseMetrics(text) : undefined;
  } catch (error) {
    // Not to answer is what an attack may lead to.
    if (error instanceof TypeError || error instanceof DOMException) return undefined;
    throw error;
  }
}

/** Reads a scrape. Pure. */
export function parseMetrics(text: string): MetricsSeen {
  const failedProbes: Record<string, number> = {};
  let connections = 0;
  let unhandled = 0;
  let [ended, late] = [0, 0];
  for (const line of text.split("\n")) {
    const value = Number(line.slice(line.lastIndexOf(" ") + 1));
    if (line.startsWith("maglev_connections{")) connections += value;
    if (line.startsWith("maglev_unhandled_errors_total ")) unhandled = value;
    if (line.startsWith("maglev_probes_late_total ")) late = value;
    if (!line.startsWith("maglev_probe_total{")) continue;
    ended += value;
    if (!line.includes('result="failure"')) continue;
    const code = /code="([^"]*)"/.exec(line)?.[1] ?? "";
    if (value > 0) failedProbes[code] = (failedProbes[code] ?? 0) + value;
  }
  return { failedProbes, connections, unhandled, probes: { ended, late } };
}

/** Probes that failed between two scrapes though the servers were well, but for our own lacks. */
export function falseFailures(before: MetricsSeen, after: MetricsSeen): number {
  return Object.entries(after.failedProbes)
    .filter(([code]) => code !== "SOCKERR")
    .reduce((sum, [code, value]) => sum + value - (before.failedProbes[code] ?? 0), 0);
}
