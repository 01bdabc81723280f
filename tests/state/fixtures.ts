import type { SavedBackend, SavedWeight } from "../../lib/checker/mod.ts";
import type { Batch } from "../../lib/state/types.ts";

/** A backend that is up, of which no operator said anything. */
export function backend(name: string, change: Partial<SavedBackend> = {}): SavedBackend {
  return {
    ...{ name, target: `{"address":"10.0.0.1"}`, state: "up", counter: 4, since: 1_000 },
    ...{ enabled: undefined, said: undefined },
    ...change,
  };
}

/** A weight of 50 where the file says 100. */
export function weight(
  frontend: string,
  backend: string,
  change: Partial<SavedWeight> = {},
): SavedWeight {
  return { frontend, pool: "p", backend, weight: 50, fileWeight: 100, said: undefined, ...change };
}

/** A batch with only this in it. */
export function batch(content: Partial<Batch>): Batch {
  return { aliveAt: 1, backends: [], gone: [], frontends: [], flushes: [], ...content };
}
