import { countDescriptors, NetError, readKernelFile } from "../net/mod.ts";
import { type Collector, collector } from "./exposition.ts";
import { type Family, processFamilies } from "./families.ts";

/** What the kernel says about this process; undefined where it says nothing. */
export interface ProcessFigures {
  readonly cpuSeconds: number | undefined;
  readonly startSeconds: number | undefined;
  readonly residentBytes: number | undefined;
  readonly virtualBytes: number | undefined;
  readonly openFds: number | undefined;
  readonly maxFds: number | undefined;
}

/** USER_HZ, which on the architectures we run on is the same everywhere; the page size is not. */
const ticksPerSecond = 100;

/** /proc/stat: when the machine was started does not change, and its other lines are many. */
let machine = "";

/** Reads the figures from /proc (proc(5)); what needs no disk takes some 100 µs. Never throws. */
export function readProcess(): ProcessFigures {
  machine ||= orNothing(() => readKernelFile("/proc/stat")) ?? "";
  const read = (path: string) => orNothing(() => readKernelFile(path)) ?? "";
  const figures = parseProcess({
    stat: read("/proc/self/stat"),
    status: read("/proc/self/status"),
    boot: machine,
    limits: read("/proc/self/limits"),
  });
  return { ...figures, openFds: orNothing(countDescriptors) };
}

/** What is read from /proc, empty where that was refused. */
export interface ProcessTexts {
  /** /proc/self/stat. */
  readonly stat: string;
  /** /proc/self/status. */
  readonly status: string;
  /** /proc/stat. */
  readonly boot: string;
  /** /proc/self/limits. */
  readonly limits: string;
}

/** The figures in the texts of /proc. Pure. */
export function parseProcess(
  { stat, status, boot, limits }: ProcessTexts,
): Omit<ProcessFigures, "openFds"> {
  // The command in parentheses may hold anything; after it, fields are numbered from 3.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (number: number) => finite(Number(fields[number - 3]));
  const bootSeconds = finite(Number(boot.match(/^btime (\d+)$/m)?.[1]));
  const startTicks = field(22);
  return {
    cpuSeconds: scaled(sum(field(14), field(15)), 1 / ticksPerSecond),
    startSeconds: sum(bootSeconds, scaled(startTicks, 1 / ticksPerSecond)),
    virtualBytes: field(23),
    // In stat it is counted in pages, which on arm64 may have 64 KiB.
    residentBytes: scaled(finite(Number(status.match(/^VmRSS:\s+(\d+) kB$/m)?.[1])), 1024),
    maxFds: finite(Number(limits.match(/^Max open files\s+(\d+)/m)?.[1])),
  };
}

/** The families that show the process. `figures` is what was read for this scrape, if it was. */
export function processCollectors(figures: () => ProcessFigures | undefined): readonly Collector[] {
  const show = (family: Family, key: keyof ProcessFigures) =>
    collector(family, () => {
      const value = figures()?.[key];
      return value === undefined ? [] : [[value]];
    });
  const { cpu, startTime, resident, virtual, openFds, maxFds } = processFamilies;
  return [
    show(cpu, "cpuSeconds"),
    show(startTime, "startSeconds"),
    show(resident, "residentBytes"),
    show(virtual, "virtualBytes"),
    show(openFds, "openFds"),
    show(maxFds, "maxFds"),
  ];
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

/** What cannot be read, for want of descriptors or of /proc, has no figures in this scrape. */
function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof NetError) return undefined;
    throw error;
  }
}
