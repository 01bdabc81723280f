import type { TryResult } from "../ask/types.ts";
import type { Vip } from "../targets.ts";
import { Tally } from "./tally.ts";
import { RollingWindow, type Summary, type WindowLimits } from "./window.ts";

/** How long a median is good for to tell spikes by, in milliseconds. */
const medianMs = 1_000;

/** Answers without which there is no median to compare with. */
const fewest = 20;

/** How it is with a VIP, by its last try. */
export type Condition = "waiting" | "ok" | "failing" | "hindered";

/** What is known of one VIP since the start or the last reset. */
export class VipStats {
  readonly vip: Vip;
  readonly window: RollingWindow;
  readonly tally: Tally = new Tally();
  #tries = 0;
  #failures = 0;
  #hindered = 0;
  #condition: Condition = "waiting";
  #status = "";
  #median: { readonly ms: number; readonly until: number } | undefined;

  /** Nothing yet. */
  constructor(vip: Vip, limits: WindowLimits) {
    this.vip = vip;
    this.window = new RollingWindow(limits);
  }

  /** Tries that ended, without those of which this host is to blame. */
  get tries(): number {
    return this.#tries;
  }

  /** Those that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Tries that came to nothing for a lack of this host's own. */
  get hindered(): number {
    return this.#hindered;
  }

  /** By the last try. */
  get condition(): Condition {
    return this.#condition;
  }

  /** What the last try came to, in a word; empty before the first. */
  get status(): string {
    return this.#status;
  }

  /** The percentage of failed tries, of all; 100 when there was none. */
  get lossPercent(): number {
    return this.#tries === 0 ? 100 : 100 * this.#failures / this.#tries;
  }

  /** Counts a try that ended at `at`. Returns the median that an answer came far after, if it did. */
  add(result: TryResult, at: number): { readonly slowerThanMs: number } | undefined {
    if (result.kind === "hindered") {
      this.#hindered++;
      this.#condition = "hindered";
      this.#status = "host";
      return undefined;
    }
    this.#tries++;
    this.#status = result.status;
    const isHttp = this.vip.way === "http" || this.vip.way === "https";
    const isHead = result.kind === "answered" || /^\d/.test(result.status);
    if (isHttp && isHead) this.tally.add(result.header, at);
    if (result.kind === "failed") {
      this.#failures++;
      this.#condition = "failing";
      this.window.add(at, undefined);
      return undefined;
    }
    this.#condition = "ok";
    const median = this.#medianAt(at);
    this.window.add(at, result.ms);
    const isSpike = median !== undefined && isSpikeAfter(median, result.ms);
    return isSpike ? { slowerThanMs: median } : undefined;
  }

  #medianAt(now: number): number | undefined {
    if (this.#median && now < this.#median.until) return this.#median.ms;
    const { tries, failures, p50 }: Summary = this.window.summary(now);
    if (p50 === undefined || tries - failures < fewest) return undefined;
    this.#median = { ms: p50, until: now + medianMs };
    return p50;
  }
}

/** Whether an answer came late enough to be told: thrice the median, and 20 ms after it. Pure. */
export function isSpikeAfter(medianMs: number, ms: number): boolean {
  return ms > 3 * medianMs && ms > medianMs + 20;
}
