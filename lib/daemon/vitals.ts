import type { CheckerStats } from "../checker/mod.ts";
import type { Config } from "../config/mod.ts";
import { type Clock, every, type Timer } from "../time/mod.ts";
import type { VppService } from "../vpp/mod.ts";
import type { ProbeCounts } from "./lateness.ts";

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
  #subject: VitalsSubject | undefined;
  #counted: (counts: ProbeCounts) => void = () => {};
  #timer: Timer | undefined;
  #seenDone = 0;
  /**
   * For how long no probe has ended, as far as this process was awake: of a time in which it was
   * stopped or got no CPU, no look counts more than it was to last.
   */
  #silentMs = 0;

  constructor(private readonly clock: Clock) {}

  /** Looks every second from now on, and tells `counted` what has been counted. */
  start(subject: VitalsSubject, counted: (counts: ProbeCounts) => void): void {
    this.#subject = subject;
    this.#counted = counted;
    this.#timer = every(this.clock, lookMs, () => this.#look());
  }

  /** Looks no more. */
  [Symbol.dispose](): void {
    this.#timer?.cancel();
  }

  /** What is wrong, if anything; `vpp` is undefined only where there is none to look after. */
  complaint(vpp: Pick<VppService, "complaint"> | undefined): string | undefined {
    return this.#silence() ?? vpp?.complaint();
  }

  #look(): void {
    const stats = this.#subject?.stats();
    if (!stats) return;
    const { done, late, running, scheduled } = stats;
    const isIdle = running + scheduled === 0;
    this.#silentMs = isIdle || done > this.#seenDone ? 0 : this.#silentMs + lookMs;
    this.#seenDone = done;
    this.#counted({ done, late });
  }

  #silence(): string | undefined {
    if (!this.#subject || this.#silentMs <= longestWait(this.#subject.config) + graceMs) {
      return undefined;
    }
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
