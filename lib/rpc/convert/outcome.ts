import { create } from "@bufbuild/protobuf";
import type { FrontendOutcome, FrontendStanding, WeightOutcome } from "../../checker/mod.ts";
import type { Outcome, ReloadOutcome } from "../../checker/mod.ts";
import {
  BackendOutcomeSchema,
  FrontendOutcomeSchema,
  FrontendStandingSchema,
  OutcomeSchema,
  WeightOutcomeSchema,
} from "../../gen/maglev_pb.ts";
import { configChangesToProto, eventWeight } from "./events.ts";

/** What a change comes to, as the wire tells it. */
export function outcomeToProto({ backends, frontends }: Outcome) {
  return create(OutcomeSchema, {
    backends: backends.map(({ backend, from, to }) =>
      create(BackendOutcomeSchema, { backendName: backend, stateFrom: from, stateTo: to })
    ),
    frontends: frontends.map(frontendToProto),
  });
}

/** The same of a reload, with what differs. */
export function reloadToProto(reload: ReloadOutcome | undefined) {
  if (!reload) return {};
  const { changes, refusal = "" } = reload;
  return { outcome: outcomeToProto(reload), changes: configChangesToProto(changes), refusal };
}

function frontendToProto(outcome: FrontendOutcome) {
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
