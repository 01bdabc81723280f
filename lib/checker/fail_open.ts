import { failOpenText } from "../config/mod.ts";
import type { EventData } from "../events/mod.ts";
import {
  type Census,
  failsOpen,
  heldBy,
  type LastUse,
  noticeMs,
  presumedInUse,
  type Standing,
} from "../health/mod.ts";
import type { Moment } from "../time/mod.ts";
import type { Membership } from "./backend.ts";
import type { Standings } from "./standings.ts";

/** A fail-open that lasts, or one that was kept, of which both are Unix milliseconds. */
export interface FailOpen {
  /** Unix milliseconds. */
  readonly since: number;
  /** Whoever was in use since then, by the clock that is never set, keeps its weight. */
  readonly from: number;
}

/** What is worth keeping of a frontend's fail-open beyond the life of the process. */
export interface SavedFailOpen {
  readonly frontend: string;
  /** Absent while weights follow health. Unix milliseconds. */
  readonly open?: FailOpen | undefined;
  /** Backends that were in use, until when (Unix ms, null being now), and with which weight. */
  readonly uses: readonly (readonly [
    backend: string,
    until: number | null,
    weight: LastUse["weight"],
  ])[];
}

/**
 * Who was in use so long before it began counts as last in use, in milliseconds, if no check takes
 * longer to notice that its backend is dead: what makes all checks fail at once is not noticed by
 * all of them at once.
 */
const leastWindowMs = 60_000;

/** What becomes of a frontend's fail-open if its backends stand like this at some moment. */
export function openAfter(
  { file: { failOpen }, members }: Pick<Standings, "file" | "members">,
  open: FailOpen | undefined,
  census: Census,
  at: Moment,
): FailOpen | undefined {
  if (!failsOpen(failOpen, census, open !== undefined)) return undefined;
  if (open) return open;
  let windowMs = leastWindowMs;
  for (const { backend } of members.values()) {
    windowMs = Math.max(windowMs, noticeMs(backend.check));
  }
  return { since: at.wall, from: at.now - windowMs };
}

/** How a backend stands, with what this fail-open leaves to it. */
export function standingUnder(
  open: FailOpen | undefined,
  lastUse: LastUse | undefined,
  standing: Standing,
): Standing {
  return open ? { ...standing, held: heldBy(lastUse, open.from) } : standing;
}

/** What is told of a fail-open that begins or ends. */
export function failOpenNews(
  frontend: Pick<Standings, "file" | "tally">,
  change: EventData<"safety">["change"],
): EventData<"safety"> {
  const { name, failOpen } = frontend.file;
  const { up, down, awaited } = frontend.tally.census;
  const all = up + down + awaited;
  const detail = `${up} of ${all} backends in service up, fail-open is ${failOpenText(failOpen)}`;
  return { kind: "safety", measure: "fail-open", change, frontend: name, backend: "", detail };
}

/** What is to be kept of it at this moment; undefined where it can never begin. */
export function savedFailOpen(
  { file: { name, failOpen }, members, open }: Standings,
  at: Moment,
): SavedFailOpen | undefined {
  if (failOpen === "never") return undefined;
  // What was long ago is so by any clock.
  const wallOf = (time: number) => Math.max(0, Math.round(time - at.now + at.wall));
  const uses = Array.from(members.values(), ({ backend, lastUse }) => {
    if (!lastUse) return [];
    const { until, weight } = lastUse;
    return [[backend.name, until === Infinity ? null : wallOf(until), weight] as const];
  }).flat();
  return {
    frontend: name,
    ...(open && { open: { since: open.since, from: wallOf(open.from) } }),
    uses,
  };
}

/** What was kept of a frontend's fail-open, and when each of its backends was in use. */
export function restoredFailOpen(
  { open, uses }: SavedFailOpen,
  at: Moment,
): { readonly open: FailOpen | undefined; readonly uses: Map<string, LastUse> } {
  // A calendar that was set back meanwhile leaves it what came before what, and nothing to come.
  const latest = Math.max(at.wall, open?.from ?? 0, ...uses.map(([, until]) => until ?? 0));
  const clockOf = (time: number) => time - latest + at.now;
  return {
    open: open && { since: open.since, from: clockOf(open.from) },
    uses: new Map(uses.map(([backend, until, weight]) => [
      backend,
      { until: until === null ? Infinity : clockOf(until), weight },
    ])),
  };
}

/**
 * When a backend was in use that comes to a frontend: as it was there before, if it was there; else
 * what was not looked at yet may well be.
 */
export function useOnJoining(
  { backend }: Membership,
  before: Membership | undefined,
): LastUse | undefined {
  if (before) return before.lastUse;
  return backend.untested ? presumedInUse : undefined;
}
