import { Random } from "../../h2/fuzz/random.ts";
import type { Arena, Target } from "../../../tools/attack/types.ts";

/** A bounded attack that a test may stop. */
export interface Sample {
  readonly arena: Arena;
  /** Resolves when the attack has come as far as it goes. */
  readonly settled: Promise<void>;
  readonly stop: () => void;
  /** What was done. */
  readonly counts: ReadonlyMap<string, number>;
}

/** The sources are loopback addresses, so nobody needs to be root. */
export function sampleArena(target: Target, seed: number): Sample {
  const over = new AbortController();
  const counts = new Map<string, number>();
  const { promise: settled, resolve } = Promise.withResolvers<void>();
  const arena: Arena = {
    target,
    source: (n) => `127.0.1.${1 + n % 250}`,
    source6: () => undefined,
    random: new Random(seed),
    size: (_full, sample) => sample,
    over: over.signal,
    settled: resolve,
    count: (what, n = 1) => void counts.set(what, (counts.get(what) ?? 0) + n),
  };
  return { arena, settled, stop: () => over.abort(), counts };
}
