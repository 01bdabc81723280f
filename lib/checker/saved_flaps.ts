import { afterHold, type FlapMemory, isProbed, neverFlapped } from "../health/mod.ts";
import type { BackendEntry } from "./backend.ts";
import type { FlapHold } from "./flap_holds.ts";
import type { Moment } from "./slow_starts.ts";

/** What is worth keeping of a backend's flapping beyond the life of the process. Unix milliseconds. */
export interface SavedFlaps {
  /** When it changed since it was held last, oldest first. */
  readonly changes: readonly number[];
  /** How often it was held already, as far as that is not forgiven yet. */
  readonly holds: number;
  /** When the last hold ended; of no interest before the first. */
  readonly calmSince: number;
  /** Absent while it is not held. */
  readonly hold?: FlapHold | undefined;
}

/** The same object for the same memory, so that whoever keeps it sees what has changed. */
const known = new WeakMap<FlapMemory, SavedFlaps>();

/** What is to be kept; undefined where nothing is remembered. */
export function savedFlaps({ flaps, hold }: BackendEntry, at: Moment): SavedFlaps | undefined {
  if (flaps === neverFlapped) return undefined;
  const saved = known.get(flaps);
  if (saved) return saved;
  const wallOf = (time: number) => time - at.now + at.wall;
  const { changes, holds, calmSince } = flaps;
  const fresh: SavedFlaps = {
    changes: changes.map(wallOf),
    ...{ holds, calmSince: wallOf(calmSince) },
    ...(hold && { hold }),
  };
  known.set(flaps, fresh);
  return fresh;
}

/**
 * Remembers what was kept of a backend that has just been made. One that was held is down for the
 * rest of the time, however old that knowledge is, if it is in service: to be held is no verdict of
 * probes, which may be out of date.
 */
export function restoreFlaps(entry: BackendEntry, saved: SavedFlaps, at: Moment): void {
  const rule = entry.check.flap;
  if (!rule) return;
  const clockOf = (time: number) => Math.min(at.now, time - at.wall + at.now);
  const { holds, hold } = saved;
  const calmSince = clockOf(saved.calmSince);
  const memory = { changes: saved.changes.map(clockOf), holds, calmSince, until: undefined };
  if (!hold || hold.until <= at.wall || !isProbed(entry.state)) {
    entry.flaps = hold ? afterHold(memory, clockOf(hold.until)) : memory;
    return;
  }
  // A clock that was set back makes nothing longer than the file says.
  const leftMs = Math.min(hold.until - at.wall, rule.maxHoldMs);
  entry.flaps = { ...memory, until: at.now + leftMs };
  entry.hold = { since: hold.since, until: at.wall + leftMs };
  if (entry.state !== "down") entry.health = { state: "down", counter: 0 };
}
