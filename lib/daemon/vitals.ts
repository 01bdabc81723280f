import process from "node:process";
import type { CheckerStats } from "../checker/mod.ts";
import type { Config } from "../config/mod.ts";
import { type Clock, every, type Timer } from "../time/mod.ts";
import type { VppService } from "../vpp/mod.ts";
import type { Logger } from "../log/mod.ts";

/** How often it is looked whether probes end, in milliseconds. */
const lookMs = 1_000;
/** On top of the longest interval and timeout, before silence counts. */
const graceMs = 10_000;

/** What vitals look at. */
export interface VitalsSubject {
  readonly config: Config;
  stats(): CheckerStats;
}

/**
 * Whether what the daemon is for really happens: probing, and looking after VPP. A watchdog that
 * looked at less would be fed by a daemon that has long stopped noticing anything. That probes start
 * late is no reason to be started afresh: who lacks CPU time would lack it then, too.
 */
export class Vitals implements Disposable {
  readonly #timer: Timer;
  #seenDone = 0;
  /**
   * For how long no probe has ended, as far as this process was awake: of a time in which it was
   * stopped or got no CPU, no look counts more than it was to last.
   */
  #silentMs = 0;

  /** Looks every second from now on, and tells `counted` what has been counted. */
  constructor(
    clock: Clock,
    private readonly subject: VitalsSubject,
    private readonly counted: (counts: ProbeCounts) => void,
  ) {
    this.#timer = every(clock, lookMs, () => this.#look());
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  /** What is wrong, if anything; `vpp` is undefined only where there is none to look after. */
  complaint(vpp: Pick<VppService, "complaint"> | undefined): string | undefined {
    return this.#silence() ?? vpp?.complaint();
  }

  #look(): void {
    const { done, late, running, scheduled } = this.subject.stats();
    const isIdle = running + scheduled === 0;
    this.#silentMs = isIdle || done > this.#seenDone ? 0 : this.#silentMs + lookMs;
    this.#seenDone = done;
    this.counted({ done, late });
  }

  #silence(): string | undefined {
    if (this.#silentMs <= longestWait(this.subject.config) + graceMs) return undefined;
    return `no probe has finished for ${Math.round(this.#silentMs / 1000)} s`;
  }
}

/** The longest time that may pass from one result of a backend to the next, in milliseconds. */
function longestWait({ healthchecks }: Config): number {
  let longest = 0;
  for (const check of healthchecks.values()) {
    const { intervalMs, fastIntervalMs, downIntervalMs, timeoutMs } = check;
    longest = Math.max(longest, Math.max(intervalMs, fastIntervalMs, downIntervalMs) + timeoutMs);
  }
  return longest * 1.1;
}

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

/** CPU time that this process has had, in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
