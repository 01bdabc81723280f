import type { WeightChange } from "../events/mod.ts";
import type { BackendState, FrontendState, Weight } from "../health/mod.ts";
import type { Steps } from "../time/mod.ts";

/** The effect of a change, computed from the frontends before and after it. */
export interface Outcome {
  /** Backends whose state changes. */
  readonly backends: readonly BackendOutcome[];
  /** Frontends of which anything changes, sorted by name. */
  readonly frontends: readonly FrontendOutcome[];
}

/** A backend that changes its state. */
export interface BackendOutcome {
  readonly backend: string;
  readonly from: BackendState;
  readonly to: BackendState;
}

/**
 * Why a change deserves a second look.
 *
 * - `goes-down`: the frontend was not down, and will be.
 * - `loses-most`: it loses more than half of its weight.
 * - `removed`: it carries traffic, and its VIP will be withdrawn.
 */
export type Danger = "goes-down" | "loses-most" | "removed";

/** State and weight of a frontend at one moment. */
export interface FrontendStanding {
  readonly state: FrontendState;
  /** Name of the active pool. */
  readonly activePool: string;
  /** The sum of the known effective weights. */
  readonly weight: number;
}

/** What becomes of a frontend. */
export interface FrontendOutcome {
  readonly frontend: string;
  /** Undefined: there is none yet. */
  readonly before: FrontendStanding | undefined;
  /** Undefined: there is none any more. */
  readonly after: FrontendStanding | undefined;
  readonly danger: Danger | undefined;
  /** First the backends whose weight changes, then those of which only the share does. */
  readonly weights: readonly WeightOutcome[];
  /** Whether there are more than are listed. */
  readonly hasMore: boolean;
}

/** What becomes of a backend's weight in a frontend. */
export interface WeightOutcome {
  readonly pool: string;
  readonly backend: string;
  readonly configured: WeightChange;
  readonly effective: WeightChange;
  /** Its part of the frontend's new flows, from 0 to 1. */
  readonly share: { readonly from: number; readonly to: number };
}

/** A backend's place in a frontend, as it is or would be. */
export interface Place {
  readonly pool: string;
  /** 0 to 100. */
  readonly configured: number;
  readonly effective: Weight;
}

/** A frontend as it is or would be. */
export interface Side {
  readonly standing: FrontendStanding;
  place(backend: string): Place | undefined;
}

/** Weights that an outcome lists of one frontend: ten thousand would help nobody. */
const mostListed = 50;

/** Backends whose share alone may differ that are looked at, of one frontend. */
const mostLookedAt = 1_000;

/**
 * What becomes of a frontend, a backend a step; undefined if nothing does. Of `backends` the weight
 * may change, of `others` the share alone, so that no more of them are looked at than are listed.
 */
export function* frontendOutcome(
  frontend: string,
  before: Side | undefined,
  after: Side | undefined,
  backends: Iterable<string>,
  others: Iterable<string>,
): Steps<FrontendOutcome | undefined> {
  const [was, is] = [seen(before), seen(after)];
  const [from, to] = [was?.standing, is?.standing];
  const changed: WeightOutcome[] = [];
  const shared: WeightOutcome[] = [];
  const looked = new Set<string>();
  const look = (backend: string) => {
    if (looked.has(backend)) return;
    looked.add(backend);
    const outcome = weightOutcome(backend, was, is);
    if (!outcome) return;
    const { configured, effective, share } = outcome;
    if (!isSame(configured) || !isSame(effective)) changed.push(outcome);
    else if (share.from !== share.to) shared.push(outcome);
  };
  for (const backend of backends) {
    look(backend);
    yield;
  }
  for (const backend of others) {
    if (looked.size > mostLookedAt || changed.length + shared.length > mostListed) break;
    look(backend);
    yield;
  }
  const danger = dangerOf(from, to);
  if (isAlike(from, to) && changed.length + shared.length === 0) return undefined;
  const all = [...changed, ...shared];
  const weights = all.slice(0, mostListed);
  const hasMore = all.length > mostListed || looked.size > mostLookedAt;
  return { frontend, before: from, after: to, danger, weights, hasMore };
}

function dangerOf(
  before: FrontendStanding | undefined,
  after: FrontendStanding | undefined,
): Danger | undefined {
  if (!before) return undefined;
  if (!after) return before.state === "up" ? "removed" : undefined;
  if (after.state === "down" && before.state !== "down") return "goes-down";
  // From up to unknown nothing carries its traffic either, until a probe has passed.
  if (after.weight === 0 && before.weight > 0) return "goes-down";
  return after.weight * 2 < before.weight ? "loses-most" : undefined;
}

function weightOutcome(
  backend: string,
  before: Seen | undefined,
  after: Seen | undefined,
): WeightOutcome | undefined {
  const [from, to] = [before?.side.place(backend), after?.side.place(backend)];
  const { pool } = to ?? from ?? {};
  if (pool === undefined) return undefined;
  return {
    pool,
    backend,
    configured: { from: from?.configured ?? "absent", to: to?.configured ?? "absent" },
    effective: { from: from?.effective ?? "absent", to: to?.effective ?? "absent" },
    share: { from: shareOf(before, from), to: shareOf(after, to) },
  };
}

function shareOf(seen: Seen | undefined, place: Place | undefined): number {
  const all = seen?.standing.weight ?? 0;
  const weight = place?.effective;
  return typeof weight === "number" && all > 0 ? Math.min(1, weight / all) : 0;
}

/** A frontend, and how it stands, which is worked out once. */
interface Seen {
  readonly side: Side;
  readonly standing: FrontendStanding;
}

function seen(side: Side | undefined): Seen | undefined {
  return side && { side, standing: side.standing };
}

function isSame({ from, to }: WeightChange): boolean {
  return from === to;
}

function isAlike(a: FrontendStanding | undefined, b: FrontendStanding | undefined): boolean {
  return a?.state === b?.state && a?.activePool === b?.activePool && a?.weight === b?.weight;
}
