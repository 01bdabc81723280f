import { CallError } from "./caller.ts";

/** How often something was tried, and how long it took. */
export interface TriesSeen {
  readonly tries: number;
  readonly failed: number;
  /** Milliseconds; failures count with the time until they were known. */
  readonly p50: number;
  readonly p99: number;
  readonly worst: number;
}

/** Counts tries of one thing, those that have not ended included. */
export class Tries {
  #ended: number[] = [];
  #failed = 0;
  readonly #since = new Set<number>();

  /** Does it once. */
  async try(work: () => Promise<void>): Promise<void> {
    const start = performance.now() + Math.random() / 1e6;
    this.#since.add(start);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      this.#failed++;
    }
    this.#since.delete(start);
    this.#ended.push(performance.now() - start);
  }

  /** What was since the last time; who still waits counts with the time until now. */
  take(): TriesSeen {
    const now = performance.now();
    const waiting = [...this.#since].map((start) => now - start).filter((ms) => ms > 1_000);
    const all = [...this.#ended, ...waiting].sort((a, b) => a - b);
    const at = (share: number) =>
      all[Math.min(all.length - 1, Math.floor(share * all.length))] ?? 0;
    const seen = {
      tries: all.length,
      failed: this.#failed,
      p50: at(0.5),
      p99: at(0.99),
      worst: at(1),
    };
    this.#ended = [];
    this.#failed = 0;
    return seen;
  }
}
