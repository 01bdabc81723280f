import type { DrainPhase } from "../health/mod.ts";
import type { Membership } from "./membership.ts";
import type { Said } from "./saved.ts";

/** A drain that an operator has begun. Replaced as a whole, never changed. */
export interface Drain {
  /** Who began it, and when. */
  readonly said: Said;
  /** Milliseconds after which what is left is moved away; undefined: as each frontend says. */
  readonly deadlineMs: number | undefined;
  /** Names of the frontends in which that time is over. */
  readonly overdue: readonly string[];
  /** Unix milliseconds since when nothing is left; undefined while something may be. */
  readonly drainedAt: number | undefined;
}

/** What is known of the traffic of a server that is being drained. Times are a clock's. */
export interface DrainTraffic {
  /** When its packets were read last, as the reading itself says. */
  readonly readAt: number;
  /** When that was noticed, and since when they have stayed the same. */
  readonly seenAt: number;
  readonly quietSince: number;
  /** Packets since VPP began to count. */
  readonly packets: number;
  /** Between the last two readings; undefined after the first. */
  readonly perSecond: number | undefined;
}

/** A drain as others see it. */
export interface DrainSnapshot {
  /** Who began it, and when. */
  readonly said: Said;
  /** Unix milliseconds at which what is left is moved away everywhere; undefined: never. */
  readonly deadlineAt: number | undefined;
  /** What VPP sent to the server of late; undefined where that is not known. */
  readonly packetsPerSecond: number | undefined;
  /** Unix milliseconds since when nothing is left; undefined while something may be. */
  readonly drainedAt: number | undefined;
}

/** How far a drain is in one frontend. */
export function phaseIn(drain: Drain | undefined, frontend: string): DrainPhase | undefined {
  return drain && (drain.overdue.includes(frontend) ? "overdue" : "draining");
}

/** Unix milliseconds at which the drain is overdue in a frontend; Infinity: never. */
export function deadlineIn(
  { said, deadlineMs }: Drain,
  { frontend: { config: { drainDeadlineMs } } }: Membership,
): number {
  const ms = deadlineMs ?? drainDeadlineMs;
  return ms === 0 ? Infinity : said.at + ms;
}

/** What others see of a drain of a backend that has these places and this traffic. */
export function drainSnapshot(
  drain: Drain,
  memberships: readonly Membership[],
  traffic: DrainTraffic | undefined,
): DrainSnapshot {
  const { said, drainedAt } = drain;
  const last = Math.max(...memberships.map((member) => deadlineIn(drain, member)));
  return {
    ...{ said, drainedAt },
    deadlineAt: Number.isFinite(last) ? last : undefined,
    packetsPerSecond: traffic?.perSecond,
  };
}
