import { limitsOf } from "./baseline.ts";
import type { Baseline } from "./baseline.ts";
import type { ImportGraph } from "./imports.ts";
import { type Mutant, mutate } from "./mutants.ts";
import { TestOrder } from "./order.ts";
import { roomOf } from "./rooms.ts";
import { type Outcome, runTests } from "./run.ts";
import type { Verdict } from "./score.ts";
import type { TreeCopy } from "./tree.ts";

/** Says of mutants whether the tests of their room notice them. */
export class Judge {
  readonly #baselines: ReadonlyMap<string, Baseline>;
  readonly #orders: ReadonlyMap<string, TestOrder>;
  readonly #signal: AbortSignal;

  /** `baselines` of all rooms that mutants come from; `signal` ends what runs. */
  constructor(
    baselines: ReadonlyMap<string, Baseline>,
    graph: ImportGraph,
    signal: AbortSignal,
  ) {
    this.#baselines = baselines;
    this.#orders = new Map(
      [...baselines].map(([room, { files }]) => [room, new TestOrder(graph, files)]),
    );
    this.#signal = signal;
  }

  /** Runs the tests that load the mutated module, in `copy`, for `mostMs` milliseconds at most. */
  async judge(mutant: Mutant, copy: TreeCopy, mostMs: number): Promise<Verdict> {
    const room = roomOf(mutant.path);
    const [baseline, order] = [this.#baselines.get(room), this.#orders.get(room)];
    if (!baseline || !order || mostMs <= 0) return { kind: "undecided" };
    const files = order.of(mutant.path);
    if (files.length === 0) return { kind: "survived" };
    const end = performance.now() + mostMs;
    const changed = mutate(await copy.read(mutant.path), mutant);
    const outcome = await copy.with(
      mutant.path,
      changed,
      () => this.#run(copy, files, baseline, end),
    );
    switch (outcome.kind) {
      case "passed":
        return { kind: "survived" };
      case "failed":
        order.killed(mutant.path, outcome.by.split(": ")[0] ?? "");
        return { kind: "killed", by: outcome.by };
      case "late":
        return { kind: performance.now() >= end ? "undecided" : "timed out" };
    }
  }

  /** Runs test files in their order, a batch after the other, up to the first failure. */
  async #run(
    copy: TreeCopy,
    files: readonly string[],
    baseline: Baseline,
    end: number,
  ): Promise<Outcome> {
    for (const batch of batchesOf(files)) {
      const usual = limitsOf(baseline, batch);
      const left = Math.max(1, end - performance.now());
      const limits = { ...usual, totalMs: Math.min(usual.totalMs, left) };
      const outcome = await runTests(copy, batch, limits, this.#signal);
      if (outcome.kind !== "passed") return outcome;
    }
    return { kind: "passed" };
  }
}

/**
 * Few files at first, then more and more. The likeliest kill most mutants, and without the others
 * being loaded, which costs 0.1 s for each. Within a batch `deno test` goes by folders.
 */
export function batchesOf(files: readonly string[]): string[][] {
  const batches: string[][] = [];
  for (let at = 0, size = 2; at < files.length; at += size, size *= 3) {
    batches.push(files.slice(at, at + size));
  }
  return batches;
}
