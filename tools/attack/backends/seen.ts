/** What a process holds, in bytes and descriptors; milliseconds since its start. */
export interface ProcessSeen {
  readonly rss: number;
  readonly descriptors: number;
  readonly cpuMs: number;
  /** For how long its main thread could have run and others had the CPU. */
  readonly starvedMs: number;
}

/** Clock ticks of proc(5), the same on all that Linux runs on today. */
const ticksPerSecond = 100;

/** What it holds now. Throws NotFound when it is gone. */
export function seeProcess(pid: number): ProcessSeen {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
  // Nanoseconds on a CPU and in a queue for one, and how often (the kernel's sched-stats.rst).
  const [, queued] = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/schedstat`).split(" ");
  return {
    starvedMs: Number(queued) / 1e6,
    rss: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024,
    descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    cpuMs: (Number(stat[11]) + Number(stat[12])) * 1000 / ticksPerSecond,
  };
}

/** Probes by backend and code: `healthy1` → `L7OK` → 12. */
export type ProbesSeen = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** What `/metrics` says of probes. Pure. */
export function parseProbes(page: string): ProbesSeen {
  const seen = new Map<string, Map<string, number>>();
  for (const line of page.split("\n")) {
    if (!line.startsWith("maglev_probe_total{")) continue;
    const backend = /backend="([^"]*)"/.exec(line)?.[1] ?? "";
    const code = /code="([^"]*)"/.exec(line)?.[1] ?? "";
    const codes = seen.get(backend) ?? new Map<string, number>();
    codes.set(code, Number(line.slice(line.lastIndexOf(" ") + 1)));
    seen.set(backend, codes);
  }
  return seen;
}

/** How often each code was seen between two scrapes, by backend. Pure. */
export function probesBetween(before: ProbesSeen, after: ProbesSeen): ProbesSeen {
  return new Map(Array.from(after, ([backend, codes]) => {
    const earlier = before.get(backend);
    const more = Array.from(codes, ([code, n]) => [code, n - (earlier?.get(code) ?? 0)] as const);
    return [backend, new Map(more.filter(([, n]) => n > 0))];
  }));
}
