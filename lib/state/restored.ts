import { isFlip, type Restored } from "../checker/mod.ts";
import type { MaglevEvent } from "../events/mod.ts";
import type { SavedState } from "./types.ts";

/** What was kept, as a checker begins with it; health counts if it is not older than `maxAgeMs`. */
export function restoredFrom(state: SavedState, now: number, maxAgeMs: number): Restored {
  return {
    backends: new Map(state.backends.map((backend) => [backend.name, backend])),
    weights: Map.groupBy(state.weights, ({ frontend }) => frontend),
    failOpens: new Map(state.failOpens.map((failOpen) => [failOpen.frontend, failOpen])),
    changes: changesIn(state.events),
    isHealthFresh: state.aliveAt <= now && now - state.aliveAt <= maxAgeMs,
  };
}

/** When backends changed their states, as far back as there are events. */
function changesIn(events: readonly MaglevEvent[]): Map<string, number[]> {
  const flips = events.flatMap((event) =>
    event.kind === "backend" && isFlip(event.transition) ? [event] : []
  );
  const byBackend = Map.groupBy(flips, ({ backend }) => backend);
  return new Map(Array.from(byBackend, ([name, own]) => [name, own.map(({ at }) => at)]));
}
