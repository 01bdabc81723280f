/** What a process holds, and what it had of a CPU since its start. */
export interface ProcessSeen {
  /** Resident bytes. */
  readonly rss: number;
  readonly descriptors: number;
  /** Milliseconds on a CPU, of all its threads. */
  readonly cpuMs: number;
  /** Milliseconds in which its main thread could have run and others had the CPU. */
  readonly starvedMs: number;
}

/** Clock ticks of proc(5), the same on all that Linux runs on today. */
const ticksPerSecond = 100;

/** What it holds now; nothing if it is gone. */
export function processNow(pid: number): ProcessSeen {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? [];
    // Nanoseconds on a CPU and in a queue for one, and how often (the kernel's sched-stats.rst).
    const [, queued] = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/schedstat`).split(" ");
    return {
      rss: kilobytes(status, "VmRSS") * 1024,
      descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
      cpuMs: (Number(stat[11]) + Number(stat[12])) * 1000 / ticksPerSecond,
      starvedMs: Number(queued) / 1e6,
    };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { rss: 0, descriptors: 0, cpuMs: 0, starvedMs: 0 };
  }
}

/** The most that it held at a time, since {@link beginPeak}. */
export function peakRss(pid: number): number {
  try {
    return kilobytes(Deno.readTextFileSync(`/proc/${pid}/status`), "VmHWM") * 1024;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Forgets the highest resident size so far (proc(5), clear_refs). */
export function beginPeak(pid: number): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0);
}
