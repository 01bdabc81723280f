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
import type { FrontendEntry } from "./frontend.ts";
import type { Membership } from "./backend.ts";
import type { Standings } from "./standings.ts";

/** A fail-open that lasts. Unix milliseconds. */
export interface FailOpen {
  readonly since: number;
  /** Whoever was in use since then keeps its weight. */
  readonly from: number;
}

/** What is worth keeping of a frontend's fail-open beyond the life of the process. */
export interface SavedFailOpen {
  readonly frontend: string;
  /** Absent while weights follow health. */
  readonly open?: FailOpen | undefined;
  /** Backends that were in use, until when, null being now, and with which weight. */
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
  at: number,
): FailOpen | undefined {
  if (!failsOpen(failOpen, census, open !== undefined)) return undefined;
  if (open) return open;
  let windowMs = leastWindowMs;
  for (const { backend } of members.values()) {
    windowMs = Math.max(windowMs, noticeMs(backend.check));
  }
  return { since: at, from: at - windowMs };
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

/** What is to be kept of it; undefined where it can never begin. */
export function savedFailOpen(
  { file: { name, failOpen }, members, open }: FrontendEntry,
): SavedFailOpen | undefined {
  if (failOpen === "never") return undefined;
  const uses = Array.from(members.values(), ({ backend, lastUse }) => {
    if (!lastUse) return [];
    const { until, weight } = lastUse;
    return [[backend.name, until === Infinity ? null : until, weight] as const];
  }).flat();
  return { frontend: name, ...(open && { open }), uses };
}

/** When each of a saved frontend's backends was in use. */
export function usesOf({ uses }: SavedFailOpen): Map<string, LastUse> {
  return new Map(
    uses.map(([backend, until, weight]) => [backend, { until: until ?? Infinity, weight }]),
  );
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
