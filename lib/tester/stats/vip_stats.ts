import type { TryResult } from "../ask/types.ts";
import type { Vip } from "../targets.ts";
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
  /** Tries that ended, without those of which this host is to blame. */
  tries = 0;
  /** Those that failed. */
  failures = 0;
  /** Tries that came to nothing for a lack of this host's own. */
  hindered = 0;
  /** By the last try. */
  condition: Condition = "waiting";
  /** What the last try came to, in a word; empty before the first. */
  status = "";
  #median: { readonly ms: number; readonly until: number } | undefined;

  constructor(vip: Vip, limits: WindowLimits) {
    this.vip = vip;
    this.window = new RollingWindow(limits);
  }

  /** The percentage of failed tries, of all; 100 when there was none. */
  get lossPercent(): number {
    return this.tries === 0 ? 100 : 100 * this.failures / this.tries;
  }

  /** Counts a try that ended at `at`. Returns the median that an answer came far after, if it did. */
  add(result: TryResult, at: number): { readonly slowerThanMs: number } | undefined {
    if (result.kind === "hindered") {
      this.hindered++;
      this.condition = "hindered";
      this.status = "host";
      return undefined;
    }
    this.tries++;
    this.status = result.status;
    const isHttp = this.vip.way === "http" || this.vip.way === "https";
    const isHead = result.kind === "answered" || /^\d/.test(result.status);
    if (isHttp && isHead) this.tally.add(result.header, at);
    if (result.kind === "failed") {
      this.failures++;
      this.condition = "failing";
      this.window.add(at, undefined);
      return undefined;
    }
    this.condition = "ok";
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

/** How often a value came. */
export interface Tallied {
  readonly value: string;
  readonly count: number;
  /** Whether it came a moment ago. */
  readonly isRecent: boolean;
}

/** For so long a value is bright, in milliseconds. */
const recentMs = 5_000;

/** Values kept of one VIP. */
const most = 32;

/** Characters kept of a value. */
const longest = 64;

/**
 * Which values a header had, and how often. Keeps 32; another one takes the place of the one that
 * was not seen for longest, if that is no longer recent, and is else only counted. Pure.
 */
export class Tally {
  /** Those seen last at the end. */
  readonly #values = new Map<string, { count: number; lastAt: number }>();
  /** Answers whose values are not kept. */
  others = 0;
  /** Answers without the header. */
  without = 0;

  /** An answer came at `at`; undefined is one without the header. */
  add(header: string | undefined, at: number): void {
    if (header === undefined) {
      this.without++;
      return;
    }
    const value = header.length > longest ? `${header.slice(0, longest - 1)}…` : header;
    const known = this.#values.get(value);
    if (!known && this.#values.size >= most && !this.#makeRoom(at)) {
      this.others++;
      return;
    }
    this.#values.delete(value);
    this.#values.set(value, { count: (known?.count ?? 0) + 1, lastAt: at });
  }

  /** The values by name, so that none changes its place. */
  values(now: number): Tallied[] {
    return Array.from(this.#values, ([value, { count, lastAt }]) => ({
      ...{ value, count, isRecent: now - lastAt < recentMs },
    })).sort((a, b) => a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
  }

  #makeRoom(at: number): boolean {
    const [oldest] = this.#values;
    if (!oldest || at - oldest[1].lastAt < recentMs) return false;
    this.#values.delete(oldest[0]);
    this.others += oldest[1].count;
    return true;
  }
}
