/** What a process holds. */
export interface ProcessSeen {
  /** Resident bytes. */
  readonly rss: number;
  readonly descriptors: number;
}

/** What it holds now; nothing if it is gone. */
export function processNow(pid: number): ProcessSeen {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return {
      rss: kilobytes(status, "VmRSS") * 1024,
      descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
    };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { rss: 0, descriptors: 0 };
    throw error;
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
