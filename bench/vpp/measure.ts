/** Measuring, and saying what was measured. */

import process from "node:process";

/** Prints a figure. */
export function say(what: string, figure: string): void {
  console.log(`${what.padEnd(58)} ${figure}`);
}

/** The value that `share` of all do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** CPU time of this process so far. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** How long the event loop did not come round, at worst. */
interface LoopDelay {
  /** By the clock, other programs on the machine included. */
  readonly wallMs: number;
  /** In CPU time of this process, which is what this program is to blame for. */
  readonly cpuMs: number;
}

async function loopDelayDuring(work: () => Promise<void>): Promise<LoopDelay> {
  const worst = { wallMs: 0, cpuMs: 0 };
  let last = { wall: performance.now(), cpu: cpuMs() };
  const look = () => {
    const now = { wall: performance.now(), cpu: cpuMs() };
    worst.wallMs = Math.max(worst.wallMs, now.wall - last.wall);
    worst.cpuMs = Math.max(worst.cpuMs, now.cpu - last.cpu);
    last = now;
  };
  const timer = setInterval(look, 1);
  await work();
  look();
  clearInterval(timer);
  return worst;
}

/** Runs `work` and prints how long it took and how long it held up the event loop. */
export async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const cpu = cpuMs();
  const start = performance.now();
  const delay = await loopDelayDuring(work);
  const ms = performance.now() - start;
  say(
    what,
    `${ms.toFixed(0)} ms, ${(cpuMs() - cpu).toFixed(0)} ms of CPU, ` +
      `longest loop delay ${delay.wallMs.toFixed(1)} ms (${delay.cpuMs.toFixed(1)} of CPU)`,
  );
}

/** Prints median and 99th percentile. */
export function saySpread(what: string, values: readonly number[]): void {
  say(
    what,
    `p50 ${percentile(values, 0.5).toFixed(3)} ms, p99 ${percentile(values, 0.99).toFixed(3)} ms`,
  );
}
