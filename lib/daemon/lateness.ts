import type { Logger } from "../log/mod.ts";
import type { Clock } from "../time/mod.ts";

/** Probes that start late are nothing unusual; most of a period's, if at least this many, are. */
const meaningfulCount = 5;
/** How long a period is that is judged, in milliseconds. */
const periodMs = 10_000;
/** What lasts is said again after so long, in milliseconds. */
const repeatMs = 60_000;
/** Who got at least this share of a CPU had one, and used it up. */
const wholeCpu = 0.8;

/** What has been counted since the start. */
export interface ProbeCounts {
  /** Probes that ended. */
  readonly done: number;
  /** Probes that started late. */
  readonly late: number;
}

/**
 * Says when most probes start late, and whose fault it is: either others took the CPU from maglevd,
 * or it has more to do than one can. Neither is cured by a restart, and both are over some time.
 */
export class Lateness {
  readonly #log: Logger;
  #begun: ProbeCounts & { readonly at: number; readonly cpuMs: number };
  #saidAt: number | undefined;

  /** `cpuMs` is the CPU time that this process has had, in milliseconds. */
  constructor(private readonly clock: Clock, private readonly cpuMs: () => number, log: Logger) {
    this.#log = log;
    this.#begun = { done: 0, late: 0, at: clock.now(), cpuMs: cpuMs() };
  }

  /** To be told every second or so. */
  look({ done, late }: ProbeCounts): void {
    const now = { done, late, at: this.clock.now(), cpuMs: this.cpuMs() };
    const { at, cpuMs, ...before } = this.#begun;
    const elapsedMs = now.at - at;
    if (elapsedMs < periodMs) return;
    this.#begun = now;
    const ended = done - before.done;
    const lateNow = late - before.late;
    if (lateNow < meaningfulCount || lateNow <= ended / 2) return this.#onTime();
    this.#say(elapsedMs, (now.cpuMs - cpuMs) / elapsedMs, lateNow, ended);
  }

  #say(elapsedMs: number, share: number, late: number, done: number): void {
    const at = this.clock.now();
    if (this.#saidAt !== undefined && at - this.#saidAt < repeatMs) return;
    this.#saidAt = at;
    const percent = Math.round(100 * share);
    const seconds = Math.round(elapsedMs / 1000);
    const why = share < wholeCpu
      ? "others have the rest, and no restart gives it more"
      : "it has more to do than that";
    this.#log.warn("probes-late", {
      err: `maglevd got ${percent} % of a CPU in the last ${seconds} seconds: ${why}`,
      late,
      done,
      "cpu-percent": percent,
    });
  }

  #onTime(): void {
    if (this.#saidAt === undefined) return;
    this.#saidAt = undefined;
    this.#log.info("probes-on-time");
  }
}
