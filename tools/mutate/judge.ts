import { limitsOf } from "./baseline.ts";
import type { Baseline } from "./baseline.ts";
import type { ImportGraph } from "./imports.ts";
import { type Mutant, mutate } from "./mutants.ts";
import { TestOrder } from "./order.ts";
import { roomOf } from "./rooms.ts";
import { type Limits, runTests } from "./run.ts";
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
    const usual = limitsOf(baseline, files);
    const limits: Limits = { ...usual, totalMs: Math.min(usual.totalMs, mostMs) };
    const changed = mutate(await copy.read(mutant.path), mutant);
    const outcome = await copy.with(
      mutant.path,
      changed,
      () => runTests(copy, files, limits, this.#signal),
    );
    switch (outcome.kind) {
      case "passed":
        return { kind: "survived" };
      case "failed":
        order.killed(mutant.path, outcome.by.split(": ")[0] ?? "");
        return { kind: "killed", by: outcome.by };
      case "late": {
        const cut = outcome.limit === "totalMs" && mostMs < usual.totalMs;
        return { kind: cut ? "undecided" : "timed out" };
      }
    }
  }
}
