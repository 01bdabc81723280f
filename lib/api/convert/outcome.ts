import { create } from "@bufbuild/protobuf";
import type {
  BackendOutcome,
  FrontendOutcome,
  FrontendStanding,
  Outcome,
  WeightOutcome,
} from "../../checker/mod.ts";
import {
  BackendOutcomeSchema,
  FrontendOutcomeSchema,
  FrontendStandingSchema,
  type Outcome as WireOutcome,
  OutcomeSchema,
  WeightOutcomeSchema,
} from "../../gen/maglev_pb.ts";
import { type Clock, mappedInSlices } from "../../time/mod.ts";
import type { VppAway } from "../../vpp/mod.ts";
import { eventWeight } from "./events.ts";
import { awayToProto } from "./status.ts";

/** What a change comes to, as the wire tells it; `away` while VPP does not hear of it. */
export function outcomeToProto({ backends, frontends }: Outcome, away?: VppAway) {
  return create(OutcomeSchema, {
    ...(away && { vppAway: awayToProto(away) }),
    backends: backends.map(backendOutcomeToProto),
    frontends: frontends.map(frontendOutcomeToProto),
  });
}

/**
 * The same in slices: a hundred frontends with fifty weights each would hold the event loop for 10
 * ms.
 */
export async function outcomeInSlices(
  { backends, frontends }: Outcome,
  away: VppAway | undefined,
  clock: Clock,
): Promise<WireOutcome> {
  return create(OutcomeSchema, {
    ...outcomeToProto({ backends: [], frontends: [] }, away),
    backends: await mappedInSlices(backends, clock, (some) => some.map(backendOutcomeToProto)),
    frontends: await mappedInSlices(frontends, clock, (some) => some.map(frontendOutcomeToProto)),
  });
}

function backendOutcomeToProto({ backend, from, to }: BackendOutcome) {
  return create(BackendOutcomeSchema, { backendName: backend, stateFrom: from, stateTo: to });
}

function frontendOutcomeToProto(outcome: FrontendOutcome) {
  const { frontend, before, after, danger, weights, hasMore } = outcome;
  return create(FrontendOutcomeSchema, {
    frontendName: frontend,
    ...(before && { before: standingToProto(before) }),
    ...(after && { after: standingToProto(after) }),
    danger: danger ?? "",
    weights: weights.map(weightToProto),
    hasMore,
  });
}

function standingToProto({ state, activePool, weight }: FrontendStanding) {
  return create(FrontendStandingSchema, { state, activePool, weight });
}

function weightToProto({ pool, backend, configured, effective, share }: WeightOutcome) {
  return create(WeightOutcomeSchema, {
    poolName: pool,
    backendName: backend,
    configuredFrom: eventWeight(configured.from),
    configuredTo: eventWeight(configured.to),
    effectiveFrom: eventWeight(effective.from),
    effectiveTo: eventWeight(effective.to),
    shareFrom: share.from,
    shareTo: share.to,
  });
}
