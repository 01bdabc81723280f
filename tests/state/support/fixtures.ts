import type { MaglevEvent } from "../../../lib/events/mod.ts";
import type { SavedBackend, SavedWeight } from "../../../lib/checker/mod.ts";
import type { Batch } from "../../../lib/state/types.ts";

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
  return {
    ...{ aliveAt: 1, backends: [], gone: [], frontends: [], flushes: [], events: [], lastSeq: 0 },
    ...content,
  };
}

/** An event about a backend. */
export function event(seq: number, change: { at?: number; backend?: string } = {}): MaglevEvent {
  const { at = seq * 1_000, backend = `web${seq % 3}` } = change;
  return {
    ...{ kind: "backend", backend, address: "10.0.0.1", frontends: ["f"], seq, at },
    transition: { from: "up", to: "down", at },
    cause: { kind: "probe", code: "L4CON", detail: "connection refused" },
  };
}

/** Events of so many numbers. */
export function events(from: number, to: number): MaglevEvent[] {
  return Array.from({ length: to - from + 1 }, (_, i) => event(from + i));
}
