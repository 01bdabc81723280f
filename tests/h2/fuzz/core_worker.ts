/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { fuzzCore } from "./core.ts";

/** What to run, and where to note the seed of the round under way for whoever watches. */
export interface CoreJob {
  readonly seed: number;
  readonly count: number;
  readonly progress: SharedArrayBuffer;
}

/** How it ended. */
export type CoreResult =
  | { readonly kind: "done"; readonly heapUsed: number }
  | { readonly kind: "failed"; readonly seed: number; readonly error: unknown };

self.onmessage = ({ data }: MessageEvent<CoreJob>) => {
  const { seed, count, progress } = data;
  const round = new Int32Array(progress);
  let result: CoreResult | undefined;
  for (let n = 0; n < count && result === undefined; n++) {
    Atomics.store(round, 0, n);
    try {
      fuzzCore(seed + n);
    } catch (error) {
      result = { kind: "failed", seed: seed + n, error };
    }
  }
  self.postMessage(result ?? { kind: "done", heapUsed: Deno.memoryUsage().heapUsed });
};
