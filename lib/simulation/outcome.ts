import type { StartProbe } from "../probes/mod.ts";
import type { InMemoryVpp } from "../sim/mod.ts";
import type { FakeClock } from "../time/mod.ts";

/** What came of a history. */
export interface Outcome {
  /** What should not have happened; empty when all was right. */
  readonly wrong: readonly string[];
  /** What happened, line by line; empty unless asked for. */
  readonly lines: readonly string[];
}

/** How a history is run. */
export interface RunOptions {
  /** Whether the lines are kept. */
  readonly tape?: boolean;
  /** Brings something about that the history knows nothing of: it has to be found. */
  readonly meddle?: (vpp: InMemoryVpp, clock: FakeClock) => void;
  /** Takes the place of the way to the servers. */
  readonly probing?: (start: StartProbe) => StartProbe;
}
