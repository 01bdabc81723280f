import type { CheckerObserver, CheckerStats } from "../checker/mod.ts";
import type { Config } from "../config/mod.ts";
import type { Clock } from "../time/mod.ts";
import type { VppService } from "../vpp/mod.ts";

/** Probes that start late are nothing unusual; most of at least this many are. */
const meaningfulCount = 10;
/** On top of the longest interval and timeout, before silence counts. */
const graceMs = 10_000;

/**
 * Whether what the daemon is for really happens: probing, and on time, and looking after VPP. A
 * watchdog that looked at less would be fed by a daemon that has long stopped noticing anything.
 */
export class Vitals {
  readonly #clock: Clock;
  #done = 0;
  #lastDone: number;
  #seen = { done: 0, late: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastDone = clock.now();
  }

  /** `observer`, with an eye on the probes that finish. */
  watching(observer: CheckerObserver): CheckerObserver {
    return {
      probeDone: (backend, type, result) => {
        this.#done++;
        this.#lastDone = this.#clock.now();
        observer.probeDone(backend, type, result);
      },
      transition: (backend, from, to) => observer.transition(backend, from, to),
      removed: (backend) => observer.removed(backend),
    };
  }

  /** What is wrong since the last time this was asked, if anything. */
  complaint(
    config: Config,
    stats: CheckerStats,
    vpp?: Pick<VppService, "complaint">,
  ): string | undefined {
    return this.#probing(config, stats) ?? vpp?.complaint();
  }

  #probing(config: Config, { late, running, scheduled }: CheckerStats): string | undefined {
    const done = this.#done - this.#seen.done;
    const lateNow = late - this.#seen.late;
    this.#seen = { done: this.#done, late };
    if (done >= meaningfulCount && lateNow > done / 2) {
      return `${lateNow} of ${done} probes started late`;
    }
    if (running + scheduled === 0) return undefined;
    const silentMs = this.#clock.now() - this.#lastDone;
    return silentMs > longestWait(config) + graceMs
      ? `no probe has finished for ${Math.round(silentMs / 1000)} s`
      : undefined;
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
